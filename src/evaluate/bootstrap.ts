import type { Random } from "../sampling/index.ts";

/** A 95 % interval. */
export type Interval = readonly [low: number, high: number];

/** The middle 95 % of values (linear interpolation between ranks, as `np.percentile`). @throws RangeError for none */
export function percentileInterval(values: ArrayLike<number>): Interval {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) throw new RangeError("interval: expected values, got none");
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const low = Math.floor(place);
    const above = sorted[Math.min(low + 1, sorted.length - 1)]!;
    return sorted[low]! + (place - low) * (above - sorted[low]!);
  };
  return [at(0.025), at(0.975)];
}

/** Numbers of `count` rows drawn with replacement. */
export const resampled = (count: number, random: Random): Int32Array =>
  Int32Array.from({ length: count }, () => random.int(count));

/** Rows of [n, width] by number. */
export function rowsAt(rows: Float32Array, width: number, numbers: Int32Array): Float32Array {
  const out = new Float32Array(numbers.length * width);
  numbers.forEach((number, i) => {
    out.set(rows.subarray(number * width, (number + 1) * width), i * width);
  });
  return out;
}

/** Bootstrap interval of a mean (Efron 1979). */
export function bootstrapMean(values: Float64Array | Uint8Array, random: Random, replicates: number): Interval {
  const means = Float64Array.from({ length: replicates }, () => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[random.int(values.length)]!;
    return sum / values.length;
  });
  return percentileInterval(means);
}
