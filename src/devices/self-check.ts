/** A small run whose numbers are compared with the processor's: what a device must pass before anything is left to it. */
import { createNetworks, type Networks, openRun, release } from "../pipelines/index.ts";
import type { ComputeType, Runtime } from "../runtime/index.ts";
import { type Grid, gridTokens } from "../sampling/index.ts";
import { tinyConfigs, tinyWeights } from "./tiny-model.ts";

/**
 * Largest deviation allowed, relative to the largest magnitude: of fp32 the bound of the project's parity tests on WebGPU. Random weights lose much
 * more in integers than trained ones.
 */
export const DEVIATION_BOUNDS: Readonly<Record<ComputeType, number>> = { fp32: 1e-3, fp16: 2e-2, int8: 0.1 };

const GRIDS: readonly Grid[] = [
  [1, 1],
  [2, 2],
  [3, 4],
];

/** What the run gives: logits of every grid, and a picture. */
export type GoldenRun = readonly Float32Array[];

/** Carries the run out: guided, grid after grid with fixed tokens, so that keys and values grow; then a picture is decoded. */
export async function goldenRun(runtime: Runtime, dtype: ComputeType = "fp32"): Promise<GoldenRun> {
  const networks = createNetworks(runtime, tinyConfigs, tinyWeights(dtype), { dtype });
  try {
    return [...(await logitsOf(networks)), await pictureOf(networks)];
  } finally {
    await networks.dispose();
  }
}

const tokensOf = (grid: Grid): Int32Array =>
  Int32Array.from({ length: gridTokens(grid) }, (_, i) => (7 * i + 5) % tinyConfigs.transformer.codebookSize);

async function logitsOf(networks: Networks): Promise<Float32Array[]> {
  const guidanceWeights = GRIDS.map(() => ({ a: 2.5, b: -1.5 }));
  const run = await openRun(networks, { conditions: [[{ id: 1, weight: 1 }]], grids: GRIDS, guidanceWeights });
  try {
    const logits: Float32Array[] = [];
    for (const i of GRIDS.keys())
      logits.push(Float32Array.from(await run.next(i === 0 ? undefined : tokensOf(GRIDS[i - 1]!))));
    return logits;
  } finally {
    run.dispose();
  }
}

async function pictureOf(networks: Networks): Promise<Float32Array> {
  const [h, w] = GRIDS.at(-1)!;
  const tokens = networks.runtime.ints(tokensOf([h, w]), [1, h, w]);
  const { image } = await (await networks.decoder()).run({ tokens });
  const pixels = Float32Array.from(image!.data as Float32Array);
  release(image);
  return pixels;
}

/** Largest difference relative to the largest magnitude, over all parts; NaN where a part holds one. */
export function deviation(run: GoldenRun, reference: GoldenRun): number {
  const each = reference.map((expected, part) => {
    const got = run[part]!;
    if (got.length !== expected.length) return Number.NaN;
    const difference = expected.reduce((most, value, i) => Math.max(most, Math.abs(got[i]! - value)), 0);
    return difference / expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  });
  return Math.max(...each);
}

/** Whether a device's numbers are right. */
export interface Check {
  /** Of the tries' numbers from the processor's; null where they could not be computed. */
  readonly deviation: number | null;
  readonly bound: number;
  readonly passed: boolean;
}

/** Compares a device with the processor's run in fp32. */
export async function selfCheck(runtime: Runtime, reference: GoldenRun, dtype: ComputeType = "fp32"): Promise<Check> {
  const bound = DEVIATION_BOUNDS[dtype];
  const measured = deviation(await goldenRun(runtime, dtype), reference);
  // A comparison with NaN fails.
  return { deviation: measured, bound, passed: measured <= bound };
}
