import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importGolden, scratchFolder } from "../../test/support/golden.ts";
import { openSafetensors, type TensorSource, tensorSource, writeSafetensors } from "../checkpoint/index.ts";
import { FlexVAR } from "../open.ts";
import { exportModel } from "../pretrained/node.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { quantizeFolder } from "./folder.ts";

const runtime = nodeRuntime({ threads: 1 });
const scratch = await scratchFolder();
afterAll(() => scratch.remove());
const WEIGHT = "blocks.0.ffn.fc1.weight";

async function tokensOf(folder: string, dtype?: string): Promise<number[]> {
  await using pipe = await FlexVAR.fromPretrained(folder, { dtype, threads: 1 });
  const tokens: number[] = [];
  for await (const scale of pipe.generate({ classLabels: [1, 4], scales: [1, 2, 4], seed: 5 }))
    tokens.push(...scale.tokens);
  return tokens;
}

describe("a quantised folder", async () => {
  let original: string;
  const out = join(scratch.path, "int8");
  beforeAll(async () => {
    original = await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth");
    await quantizeFolder(runtime, original, { out, pictures: 2, smoothing: 0, force: true });
  });

  test("draws what its original draws where that is quantised on opening, and needs no dtype", async () => {
    expect(await tokensOf(out)).toEqual(await tokensOf(original, "int8"));
  });

  test("says what it cost", async () => {
    expect(await readFile(join(out, "README.md"), "utf8")).toMatch(
      /nats a token, the\nlikeliest code the same for \d+\.\d %/,
    );
  });

  test("smoothed by what was seen, stays within a few hundredths of a nat", async () => {
    const { loss, kept } = await quantizeFolder(runtime, original, { pictures: 2 });
    expect(loss.divergence).toBeLessThan(0.02);
    expect(kept).toEqual([]);
  });

  test("that would cost too much is not written, and is by force", async () => {
    const refused = join(scratch.path, "refused");
    await expect(quantizeFolder(runtime, original, { out: refused, pictures: 1, mostLoss: 0 })).rejects.toThrow(
      "expected integers to cost at most 0 nats a token",
    );
    expect(await readdir(scratch.path)).not.toContain("refused");
  });

  test("is neither quantised again, nor exported, nor opened in float32 or on WebGPU", async () => {
    await expect(quantizeFolder(runtime, out)).rejects.toThrow("model: expected weights in floating point, got int8");
    await expect(exportModel(out, join(scratch.path, "pth"))).rejects.toThrow("got int8");
    await expect(FlexVAR.fromPretrained(out, { dtype: "fp32" })).rejects.toThrow("dtype: expected int8");
  });

  type Change = (tensors: Map<string, TensorSource>) => void;
  const floats = (values: Float32Array, shape: readonly number[]) =>
    tensorSource("float32", shape, new Uint8Array(values.buffer));
  const hostile: readonly (readonly [what: string, change: Change, message: string])[] = [
    [
      "scales that are not numbers",
      (t) => t.set(`${WEIGHT}_scale`, floats(new Float32Array(512).fill(Number.NaN), [512])),
      "expected positive numbers",
    ],
    [
      "scales of zero",
      (t) => t.set(`${WEIGHT}_scale`, floats(new Float32Array(512), [512])),
      "expected positive numbers",
    ],
    [
      "another number of scales",
      (t) => t.set(`${WEIGHT}_scale`, floats(new Float32Array(511).fill(1), [511])),
      "wrong shapes",
    ],
    ["no scales", (t) => t.delete(`${WEIGHT}_scale`), `missing tensors: ${WEIGHT}_scale`],
    [
      "weights as PyTorch lays them out",
      (t) => t.set(`${WEIGHT}_int8`, tensorSource("int8", [512, 128], new Uint8Array(512 * 128))),
      "wrong shapes",
    ],
    [
      "weights of another type",
      (t) => t.set(`${WEIGHT}_int8`, tensorSource("uint8", [128, 512], new Uint8Array(512 * 128))),
      "expected int8",
    ],
    [
      "weights twice",
      (t) => t.set(WEIGHT, floats(new Float32Array(512 * 128), [512, 128])),
      `unknown tensors: ${WEIGHT}`,
    ],
    [
      "another layer in int8",
      (t) => t.set("word_embed.weight_int8", tensorSource("int8", [8, 128], new Uint8Array(1024))),
      "unknown tensors",
    ],
  ];
  test.each(hostile)("with %s is refused", async (what, change, message) => {
    const folder = join(scratch.path, what.replaceAll(" ", "-"));
    await quantizeFolder(runtime, original, { out: folder, pictures: 1, smoothing: 0, force: true });
    const file = await openSafetensors(join(out, "transformer.safetensors"));
    const tensors = new Map<string, TensorSource>(file.tensors);
    change(tensors);
    await writeSafetensors(join(folder, "transformer.safetensors"), tensors);
    await file.close();
    await expect(FlexVAR.fromPretrained(folder)).rejects.toThrow(message);
  });

  test("cut off is refused", async () => {
    const folder = join(scratch.path, "cut");
    await quantizeFolder(runtime, original, { out: folder, pictures: 1, smoothing: 0, force: true });
    const path = join(folder, "transformer.safetensors");
    await writeFile(path, (await readFile(path)).subarray(0, -1));
    await expect(FlexVAR.fromPretrained(folder)).rejects.toThrow("expected");
  });
});
