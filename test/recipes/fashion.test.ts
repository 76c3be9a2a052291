import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDataset } from "../../src/data/index.ts";

const script = new URL("../../recipes/fashion/prepare.mjs", import.meta.url).pathname;

/** An IDX file of unsigned bytes. */
function idx(shape: readonly number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [i, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * i);
  return Buffer.concat([header, data]);
}

describe("the fashion data script", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "flexvar-fashion-"));
    const pixels = (count: number) => Uint8Array.from({ length: count * 784 }, (_, i) => 1 + (i % 251));
    await writeFile(join(folder, "train-images-idx3-ubyte.gz"), gzipSync(idx([3, 28, 28], pixels(3))));
    await writeFile(join(folder, "train-labels-idx1-ubyte.gz"), gzipSync(idx([3], Uint8Array.of(9, 0, 4))));
    await writeFile(join(folder, "t10k-images-idx3-ubyte"), idx([2, 28, 28], pixels(2)));
    await writeFile(join(folder, "t10k-labels-idx1-ubyte"), idx([2], Uint8Array.of(1, 2)));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("pads plain and gzipped IDX pictures to 32 pixels on black, for the readers", async () => {
    const out = join(folder, "out");
    execFileSync(process.execPath, [script, "--data", folder, "--out", out, "--no-sheets"], { stdio: "pipe" });
    const train = await openDataset(join(out, "fashion.npz"));
    expect([train.length, train.classes.length, train.classes[9]]).toEqual([3, 10, "ankle-boot"]);
    expect([0, 1, 2].map((i) => train.labelOf(i))).toEqual([9, 0, 4]);
    const test = await openDataset(out, { split: "held-out" });
    expect([0, 1].map((i) => test.labelOf(i))).toEqual([1, 2]);
    const { image } = await train.get(1);
    const at = (x: number, y: number) => [...image.data.slice(3 * (32 * y + x), 3 * (32 * y + x) + 3)];
    expect([image.width, image.height, at(1, 16), at(16, 1), at(30, 30)]).toEqual([
      32,
      32,
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    const first = 1 + (784 % 251);
    expect(at(2, 2)).toEqual([first, first, first]);
    const last = 1 + ((2 * 784 - 1) % 251);
    expect(at(29, 29)).toEqual([last, last, last]);
  });

  it("names the file that is missing", () => {
    const run = () => execFileSync(process.execPath, [script, "--data", tmpdir(), "--out", folder], { stdio: "pipe" });
    expect(run).toThrow("expected train-images-idx3-ubyte or train-images-idx3-ubyte.gz");
  });
});
