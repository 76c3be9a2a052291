import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCli } from "../../test/support/run-cli.ts";
import { readNpz } from "../checkpoint/index.ts";
import { loadRgb } from "../image/node.ts";

const model = fileURLToPath(new URL("../../models/fashion", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-sample-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function sample(name: string, ...argv: string[]): Promise<{ code: number; err: string; path: string }> {
  const path = join(folder, name);
  const args = ["--model", model, "--scales", "1,2,4", "--total", "24", "--out", path, "--threads", "1"];
  return { ...(await runCli("sample", ...args, ...argv)), path };
}

it("draws the same balanced set whole, in pieces by two processes, and in batches", async () => {
  const whole = await sample("whole.npz");
  expect(whole.code).toBe(0);
  const { arr_0: images, arr_1: labels } = Object.fromEntries(await readNpz(whole.path));
  expect([images!.dtype, images!.shape]).toEqual(["uint8", [24, 16, 16, 3]]);
  expect(Array.from(labels!.data as BigInt64Array, Number)).toEqual(Array.from({ length: 24 }, (_, i) => i % 10));
  // Half of the set is not the set yet.
  const second = await sample("parts.npz", "--shard", "1/2", "--batch", "3");
  expect([second.code, second.err]).toEqual([0, expect.stringContaining("other processes have pictures to draw yet")]);
  const first = await sample("parts.npz", "--shard", "0/2");
  expect(first.err).toContain("12 pictures to draw, 12 of 24 are there");
  expect(await readFile(first.path)).toEqual(await readFile(whole.path));
}, 60_000);

it("draws the same pictures into folders, one a class, and goes on there", async () => {
  const part = await sample("folder", "--shard", "1/2");
  expect(part.err).toContain("other processes have pictures to draw yet");
  const { code, err, path } = await sample("folder");
  expect([code, err]).toEqual([0, expect.stringContaining("12 pictures to draw, 12 of 24 are there")]);
  const images = (await readNpz(join(folder, "whole.npz"))).get("arr_0")!.data as Uint8Array;
  const size = 16 * 16 * 3;
  // Picture 13 is the second of class 3.
  const { data } = await loadRgb(join(path, "dress", "000001.png"));
  expect([...data]).toEqual([...images.subarray(13 * size, 14 * size)]);
  expect(JSON.parse(await readFile(join(path, "settings.json"), "utf8"))).toMatchObject({ total: 24, size: "16x16" });
}, 60_000);

it("refuses a shard that is none", async () => {
  const { code, err } = await sample("x.npz", "--shard", "2/2");
  expect([code, err]).toEqual([2, expect.stringContaining('--shard: expected i/n with i from 0 to n - 1, got "2/2"')]);
});

it("refuses a name that is neither an archive nor a folder", async () => {
  const { code, err } = await sample("x.zip");
  expect([code, err]).toEqual([2, expect.stringContaining("--out: expected a name ending in .npz, or a folder")]);
});
