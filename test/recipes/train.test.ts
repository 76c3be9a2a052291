import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { npyArray, writeNpz } from "../../src/checkpoint/index.ts";

const script = new URL("../../recipes/train.mjs", import.meta.url).pathname;
const PICTURES = 40;
const PIXELS = 32 * 32;

describe("the recipe from nothing to a model", () => {
  let folder: string;
  const recipe = (...args: string[]) =>
    spawnSync(process.execPath, [script, ...args], { cwd: folder, encoding: "utf8" });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "flexvar-recipe-"));
    await mkdir(join(folder, "runs", "fashion-data"), { recursive: true });
    const labels = BigInt64Array.from({ length: PICTURES }, (_, i) => BigInt(i % 10));
    await writeNpz(join(folder, "runs", "fashion-data", "fashion.npz"), {
      images: npyArray(
        "uint8",
        [PICTURES, 32, 32, 1],
        Uint8Array.from({ length: PICTURES * PIXELS }, (_, i) => i % 253),
      ),
      labels: npyArray("int64", [PICTURES], new Uint8Array(labels.buffer)),
      split: npyArray(
        "uint8",
        [PICTURES],
        Uint8Array.from({ length: PICTURES }, (_, i) => Number(i >= 30)),
      ),
    });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("trains both networks and leaves a model folder with card and curves; again, it only goes on", async () => {
    const first = recipe("fashion", "--quick");
    expect(first.status, first.stderr).toBe(0);
    const model = join(folder, "runs", "quick-fashion-model");
    expect((await readdir(model)).sort()).toEqual([
      "README.md",
      "config.json",
      "fashion-tokenizer.svg",
      "fashion-transformer.svg",
      "tokenizer.safetensors",
      "transformer.safetensors",
    ]);
    const card = await readFile(join(model, "README.md"), "utf8");
    expect(card).toContain("10 held-out pictures of 32x32");
    expect(card).toContain("| grid | tokens | loss |");
    const again = recipe("fashion", "--quick");
    expect(again.status, again.stderr).toBe(0);
    expect(again.stderr).toContain("fashion-transformer: goes on");
    expect(await readFile(join(model, "README.md"), "utf8")).toBe(card);
  }, 300_000);

  it("names what it knows", () => {
    const { status, stderr } = recipe("cats");
    expect(status).toBe(2);
    expect(stderr).toContain('train: expected one of fashion, emoji, got "cats"');
  });
});
