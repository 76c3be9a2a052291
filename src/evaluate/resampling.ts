/** Intervals of distances by resampling the drawn pictures; the reference stays. */
import type { Random } from "../sampling/index.ts";
import { bootstrapInterval, resampled } from "./bootstrap.ts";
import type { DoubleProduct } from "./double-products.ts";
import { type Score, within } from "./scores.ts";

export interface Resampling {
  /** Replicates of each interval, 0 for none; each metric's own number by default. */
  readonly bootstrap: number | undefined;
  readonly randomFor: (name: string) => Random;
  readonly product: DoubleProduct;
}

/** A distance of `count` pictures with its interval; `distanceOf` is given the numbers of those drawn with replacement. */
export async function resampledDistance(
  value: number,
  count: number,
  replicates: number,
  random: Random,
  distanceOf: (chosen: Int32Array) => Promise<number>,
): Promise<Score> {
  if (replicates < 2) return { value };
  const values = new Float64Array(replicates);
  for (let r = 0; r < replicates; r++) values[r] = await distanceOf(resampled(count, random));
  return { value, interval: within(bootstrapInterval(value, values), 0, Number.MAX_VALUE), replicates };
}
