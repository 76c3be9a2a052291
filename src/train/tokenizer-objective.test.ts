import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { openPthStateDict, readNpz, toFloat32 } from "../checkpoint/index.ts";
import { checkProgram, gradients, program } from "../engine/index.ts";
import { CODEBOOK, declareTokenizer, type TokenizerConfig, tokenizerConfigOf } from "../models/index.ts";
import { paramTensors } from "../nn/index.ts";
import type { Session, WeightData } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { imageInput, paperTokenizerLoss, tokenizerObjective } from "./tokenizer-objective.ts";

const golden = (name: string): string => fileURLToPath(new URL(`../../test/fixtures/golden/${name}`, import.meta.url));
const TOLERANCE = 1e-3;

/** Largest difference relative to the reference's largest magnitude. */
function relative(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i]! - expected[i]!));
    magnitude = Math.max(magnitude, Math.abs(expected[i]!));
  }
  return magnitude === 0 ? difference : difference / magnitude;
}

interface Arrays {
  get(name: string): { readonly data: ArrayLike<number | bigint>; readonly shape: readonly number[] };
}

let arrays: Arrays;
let config: TokenizerConfig;
let session: Session;
let order: string[];
const NAMED = ["encoder.conv_in.weight", "decoder.conv_out.weight", CODEBOOK];
const runtime = nodeRuntime({ threads: 1 });

beforeAll(async () => {
  const file = await openPthStateDict(golden("FlexVAE-T-f16.pth"));
  const npz = await readNpz(golden("tokenizer.npz"));
  arrays = {
    get(name) {
      const found = npz.get(name);
      if (found === undefined) throw new Error(`golden data: expected "${name}", got none`);
      return found;
    },
  };
  const meta = JSON.parse(readFileSync(golden("meta.json"), "utf8")) as { names: Record<string, string[]> };
  const names = Object.entries(meta.names).find(([key]) => key.includes("tokenizer"));
  if (names === undefined) throw new Error("golden data: expected the tokenizer's parameter names, got none");
  order = names[1];
  const weights = new Map<string, WeightData>();
  for (const [name, entry] of file.tensors)
    weights.set(name, { kind: "memory", data: toFloat32(await entry.read(), entry.dtype) });
  config = tokenizerConfigOf("golden", file.tensors);
  await file.close();
  const decls = declareTokenizer(config);
  const p = paramTensors(decls);
  const { total, reconstruction, scales } = tokenizerObjective(
    p,
    config,
    imageInput(config),
    ["H", "W"],
    0,
    paperTokenizerLoss,
  );
  const params = decls.map((d) => p(d.name));
  const ofTotal = gradients(total, params);
  const ofReconstruction = gradients(reconstruction, NAMED.map(p));
  const traced = program("tokenizer_losses", {
    total,
    reconstruction,
    codebook: scales[0]!.codebook,
    commitment: scales[0]!.commitment,
    ...Object.fromEntries(decls.map((d, i) => [`total:${d.name}`, ofTotal[i]!])),
    ...Object.fromEntries(NAMED.map((name, i) => [`reconstruction:${name}`, ofReconstruction[i]!])),
  });
  checkProgram(traced);
  session = await runtime.open(traced, { weights });
});

describe.each(["sq", "ns"])("tokenizer losses of the golden picture %s", (picture) => {
  const values = new Map<string, Float32Array>();
  const reference = (name: string): number[] => Array.from(arrays.get(`train_${picture}_${name}`).data, Number);

  beforeAll(async () => {
    const image = arrays.get(`img_${picture}`);
    const result = await session.run({ image: runtime.floats(Float32Array.from(image.data, Number), image.shape) });
    for (const [name, value] of Object.entries(result)) values.set(name, value.data as Float32Array);
  });

  it("have the reference's values", () => {
    expect(relative(values.get("reconstruction")!, reference("rec_loss"))).toBeLessThan(1e-5);
    expect(relative(values.get("codebook")!, reference("vq_loss"))).toBeLessThan(1e-5);
    const commitment = [paperTokenizerLoss.commitment * values.get("commitment")![0]!];
    expect(relative(commitment, reference("commit_loss"))).toBeLessThan(1e-5);
    expect(relative(values.get("total")!, reference("total_loss"))).toBeLessThan(1e-5);
  });

  it.each(NAMED)("have the reference's gradients of %s", (name) => {
    expect(relative(values.get(`total:${name}`)!, reference(`grad_tot.${name}`))).toBeLessThan(TOLERANCE);
    expect(relative(values.get(`reconstruction:${name}`)!, reference(`grad_rec.${name}`))).toBeLessThan(TOLERANCE);
  });

  it("give the codebook nothing from the reconstruction", () => {
    expect(values.get(`reconstruction:${CODEBOOK}`)!.every((g) => g === 0)).toBe(true);
    expect(values.get(`total:${CODEBOOK}`)!.some((g) => g !== 0)).toBe(true);
  });
});

it("agree with the reference's table of all gradients", async () => {
  const table = Array.from(arrays.get("train_sq_grad_table").data, Number);
  const image = arrays.get("img_sq");
  const result = await session.run({ image: runtime.floats(Float32Array.from(image.data, Number), image.shape) });
  expect(order.length * 3).toBe(table.length);
  const largest = Math.max(...order.map((_, row) => table[3 * row]!));
  const worst = order.map((name, row) => {
    const grad = result[`total:${name}`]!.data as Float32Array;
    let [square, sum, wave, magnitude] = [0, 0, 0, 0];
    grad.forEach((g, i) => {
      square += g * g;
      sum += g;
      wave += g * Math.cos(0.1 * i);
      magnitude += Math.abs(g);
    });
    const [norm, refSum, refWave] = table.slice(3 * row, 3 * row + 3) as [number, number, number];
    // Zero but for rounding (a bias before a per-channel norm, a key's bias): ours must be nearly zero as well.
    if (norm < 1e-6 * largest) return Math.sqrt(square) < 1e-5 * largest ? 0 : 1;
    // Sums may cancel to nearly nothing: compared on the scale of what was summed.
    const scale = magnitude;
    return Math.max(
      Math.abs(Math.sqrt(square) - norm) / norm,
      Math.abs(sum - refSum) / scale,
      Math.abs(wave - refWave) / scale,
    );
  });
  const failing = order.filter((_, row) => worst[row]! > TOLERANCE);
  expect(failing).toEqual([]);
});
