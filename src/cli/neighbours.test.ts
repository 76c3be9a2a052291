import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCli } from "../../test/support/run-cli.ts";
import { encodePng, type RgbImage } from "../image/index.ts";
import { loadRgb } from "../image/node.ts";

const SIDE = 16;
let folder: string;

/** A picture of one colour. */
function plain(level: number): RgbImage {
  return { data: new Uint8Array(SIDE * SIDE * 3).fill(level), width: SIDE, height: SIDE };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-neighbours-"));
  for (const name of ["data/grey", "samples"]) await mkdir(join(folder, name), { recursive: true });
  for (let i = 0; i < 20; i++) await writeFile(join(folder, "data", "grey", `${i + 10}.png`), encodePng(plain(10 * i)));
  await writeFile(join(folder, "samples", "000.png"), encodePng(plain(101)));
  await writeFile(join(folder, "samples", "001.png"), encodePng(plain(255)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const neighbours = (...argv: string[]) => runCli("neighbours", ...argv);

it("shows each picture beside its nearest training pictures and says how far they are", async () => {
  const sheet = join(folder, "near", "sheet.png");
  const place = ["--data", join(folder, "data"), "--out", sheet];
  const { code, out } = await neighbours(
    join(folder, "samples"),
    ...place,
    "--neighbours",
    "2",
    "--columns",
    "1",
    "--json",
  );
  expect(code).toBe(0);
  const { nearest, pictures } = JSON.parse(out);
  expect(pictures.map((p: { neighbours: unknown[] }) => p.neighbours.length)).toEqual([2, 2]);
  const [first, second] = pictures.map((p: { neighbours: { distance: number }[] }) => p.neighbours[0]!.distance);
  expect(first).toBeLessThanOrEqual(11 / 127.5);
  expect(second).toBeGreaterThanOrEqual(65 / 127.5 - 1e-3);
  expect(nearest.samples).toBeCloseTo((first + second) / 2, 3);
  expect(nearest.held_out).toBeCloseTo(10 / 127.5, 3);
  const { width, height } = await loadRgb(sheet);
  const frame = [3 * (SIDE + 1) + 1, SIDE + 2] as const;
  expect([width, height]).toEqual([frame[0] + 10, 2 * (frame[1] + 5) + 5]);
});

it("refuses what is no picture and no folder in one line", async () => {
  const { code, err } = await neighbours(join(folder, "none"), "--data", folder, "--out", join(folder, "x.png"));
  expect(code).toBe(2);
  expect(err).toMatch(/^flexvar: PICTURES: expected a picture or a folder, got ".*none" \(no such file\)\n$/);
});
