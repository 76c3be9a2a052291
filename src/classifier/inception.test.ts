import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomPictures, writeRandomInception } from "../../test/support/random-inception.ts";
import { encodeNpyHeader } from "../checkpoint/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { inception, inceptionResizeMatrix, openFeatures, openInception } from "./index.ts";

const fixtures = fileURLToPath(new URL("../../test/fixtures/inception/", import.meta.url));
const NARROW = 16;
const [COUNT, HEIGHT, WIDTH] = [1, 40, 32];
let folder: string;
let checkpoint: string;
let found: Record<string, Float32Array>;
const pictures = randomPictures(COUNT, HEIGHT, WIDTH, 5);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-inception-"));
  checkpoint = join(folder, "narrow.pth");
  await writeRandomInception(checkpoint, NARROW, 3);
  const network = await openFeatures(checkpoint, nodeRuntime({ threads: 1 }), { narrow: NARROW });
  const batch = await network.extract({ data: pictures, count: COUNT, height: HEIGHT, width: WIDTH });
  const { features, spatial, logits } = batch;
  found = { features, spatial: spatial!, logits: logits! };
  await network.close();
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Largest difference, relative to the largest value. */
function difference(actual: Float32Array, expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  const scale = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return expected.reduce((most, v, i) => Math.max(most, Math.abs(actual[i]! - v)), 0) / scale;
}

const hasTorch = (() => {
  try {
    execFileSync("/usr/bin/python3", ["-c", "import torch, numpy"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

describe("inception", () => {
  it("has the published network's number of parameters", () => {
    const layers = [...inception().layers.values()];
    const kernels = layers.reduce((n, { inputs, outputs, kernel }) => n + inputs * outputs * kernel[0] * kernel[1], 0);
    const norms = layers.reduce((n, { outputs }) => n + 2 * outputs, 0);
    // torchvision states 27,161,264 with 1000 classes, 3,326,696 of them in the auxiliary classifier.
    expect(kernels + norms + 1000 * 2049).toBe(27_161_264 - 3_326_696);
    expect(layers).toHaveLength(94);
  });

  it("gives PyTorch's features, spatial features and logits, as stored", async () => {
    const stored = JSON.parse(await readFile(join(fixtures, "narrow.json"), "utf8")) as Record<string, number[]>;
    for (const name of ["features", "spatial", "logits"])
      expect(difference(found[name]!, stored[name]!), name).toBeLessThan(1e-4);
  });

  it.runIf(hasTorch)(
    "gives PyTorch's values, computed now, for pictures that shrink too",
    async () => {
      const [height, width] = [310, 420];
      const data = randomPictures(1, height, width, 6);
      const file = join(folder, "pictures.npy");
      await writeFile(file, Buffer.concat([encodeNpyHeader("uint8", [1, height, width, 3]), data]));
      const text = execFileSync("/usr/bin/python3", [join(fixtures, "reference.py"), checkpoint, file]).toString();
      const expected = JSON.parse(text) as Record<string, number[]>;
      const network = await openInception(checkpoint, nodeRuntime({ threads: 1 }), { narrow: NARROW });
      const batch = await network.extract({ data, count: 1, height, width });
      expect(difference(batch.features, expected.features!)).toBeLessThan(1e-4);
      expect(difference(batch.spatial, expected.spatial!)).toBeLessThan(1e-4);
      expect(difference(batch.logits, expected.logits!)).toBeLessThan(1e-4);
      await network.close();
    },
    120_000,
  );

  it("names a tensor that is missing or has another shape", async () => {
    await expect(openInception(checkpoint, nodeRuntime({ threads: 1 }))).rejects.toThrow(
      /expected "Conv2d_1a_3x3.conv.weight" of \[32, 3, 3, 3\], got \[2, 3, 3, 3\]/,
    );
  });
});

describe("inceptionResizeMatrix", () => {
  const matrix = (mode: Parameters<typeof inceptionResizeMatrix>[0], from: number, to: number): number[] =>
    Array.from(inceptionResizeMatrix(mode, from, to).data, (v) => Number(v.toFixed(6)));

  it("reads at i·in/out as TensorFlow 1 does, repeating the last pixel", () => {
    expect(matrix("tensorflow-bilinear", 2, 4)).toEqual([1, 0, 0.5, 0.5, 0, 1, 0, 1]);
    expect(matrix("bilinear", 2, 4)).toEqual([1, 0, 0.75, 0.25, 0.25, 0.75, 0, 1]);
  });

  it("widens the antialiased kernel when shrinking, as PyTorch's antialiased bicubic does", () => {
    const expected = [
      [0.38306, 0.43952, 0.21371, 0, -0.03226, -0.00403, 0],
      [-0.03052, 0.04518, 0.27595, 0.4188, 0.27595, 0.04518, -0.03052],
      [0, -0.00403, -0.03226, 0, 0.21371, 0.43952, 0.38306],
    ].flat();
    matrix("bicubic-antialiased", 7, 3).forEach((weight, i) => {
      expect(weight).toBeCloseTo(expected[i]!, 4);
    });
  });
});
