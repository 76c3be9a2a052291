/** What the golden tests of this folder share. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openPthStateDict, toFloat32 } from "../checkpoint/index.ts";
import type { TensorShapes } from "../models/index.ts";
import type { WeightData } from "../runtime/index.ts";

const golden = (name: string): string => fileURLToPath(new URL(`../../test/fixtures/golden/${name}`, import.meta.url));

/** Weights of a golden checkpoint, and the shapes that its config is read off. */
export async function goldenWeights(
  name: string,
): Promise<{ shapes: TensorShapes; weights: Map<string, WeightData & { data: Float32Array }> }> {
  const file = await openPthStateDict(golden(name));
  try {
    const weights = new Map<string, WeightData & { data: Float32Array }>();
    for (const [key, entry] of file.tensors)
      weights.set(key, { kind: "memory", data: toFloat32(await entry.read(), entry.dtype) });
    return { shapes: file.tensors, weights };
  } finally {
    await file.close();
  }
}

/** A list of names of meta.json: the entry whose key holds `part`. */
export async function goldenNames(part: string): Promise<string[]> {
  const meta = JSON.parse(await readFile(golden("meta.json"), "utf8")) as { names: Record<string, string[]> };
  const found = Object.entries(meta.names).find(([key]) => key.includes(part));
  if (found === undefined) throw new Error(`golden data: expected names of ${part}, got none`);
  return found[1];
}

/** Largest difference over the reference's largest magnitude (or the difference itself where that is 0). */
export function relative(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length)
    throw new Error(`relative: expected ${expected.length} values, got ${actual.length}`);
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i]! - expected[i]!));
    magnitude = Math.max(magnitude, Math.abs(expected[i]!));
  }
  return magnitude === 0 ? difference : difference / magnitude;
}

/**
 * Largest relative difference of a gradient to its row (norm, sum, wave) of a golden table. A gradient that is zero but for
 * rounding (a bias before a per-channel norm, a key's bias) is told by its norm: ours must be nearly zero too, else 1.
 */
export function differenceFromRow(grad: Float32Array, row: readonly number[], largestNorm: number): number {
  let [square, sum, wave, magnitude] = [0, 0, 0, 0];
  grad.forEach((g, i) => {
    square += g * g;
    sum += g;
    wave += g * Math.cos(0.1 * i);
    magnitude += Math.abs(g);
  });
  const [norm, refSum, refWave] = row as [number, number, number];
  if (norm < 1e-6 * largestNorm) return Math.sqrt(square) < 1e-5 * largestNorm ? 0 : 1;
  // Sums may cancel to nearly nothing: compared on the scale of what was summed.
  return Math.max(
    Math.abs(Math.sqrt(square) - norm) / norm,
    Math.abs(sum - refSum) / magnitude,
    Math.abs(wave - refWave) / magnitude,
  );
}
