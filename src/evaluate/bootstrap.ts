import type { Random } from "../sampling/index.ts";

/** A 95 % interval. */
export type Interval = readonly [low: number, high: number];

/** Bootstrap replicates by default. */
export const DEFAULT_REPLICATES = 200;

/** The same of Fréchet distances, which cost the cube of the features' width. */
export const defaultReplicates = (dim: number): number => (dim <= 256 ? DEFAULT_REPLICATES : dim <= 1024 ? 50 : 10);

/** The same of patch distances, each of which is a Fréchet distance at every place. */
export const PATCH_REPLICATES = 50;

/** 95 % quantile of the standard normal, two-sided. */
const Z = 1.959964;

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

/** Fewer replicates than this give an interval by their standard deviation: their outer ranks say little. */
const FEWEST_RANKED = 50;

/**
 * 95 % interval of a value from its bootstrap replicates (Efron 1979), moved so that their mean lies on the value: resampled
 * rows repeat, which shifts distances of distributions upwards. From fewer than 50 replicates it is Student's t times their
 * standard deviation. Undefined for fewer than two.
 */
export function bootstrapInterval(value: number, replicates: Float64Array): Interval | undefined {
  const n = replicates.length;
  if (n < 2) return undefined;
  const mean = replicates.reduce((a, b) => a + b, 0) / n;
  if (n >= FEWEST_RANKED) {
    const [low, high] = percentileInterval(replicates);
    return [value + low - mean, value + high - mean];
  }
  const deviation = Math.sqrt(replicates.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1));
  const reach = studentT(n - 1) * deviation;
  return [value - reach, value + reach];
}

/** 95 % quantile, two-sided, by its expansion in 1/degrees (Abramowitz and Stegun 26.7.5). */
function studentT(degrees: number): number {
  const first = (Z ** 3 + Z) / 4;
  const second = (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96;
  const third = (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384;
  return Z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}

/** Means of resampled values. */
export function bootstrapMeans(values: Float64Array | Uint8Array, random: Random, replicates: number): Float64Array {
  return Float64Array.from({ length: replicates }, () => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[random.int(values.length)]!;
    return sum / values.length;
  });
}

/** 95 % interval of a share (Wilson, JASA 22, 1927). */
export function wilsonInterval(correct: number, total: number): [low: number, high: number] {
  if (total === 0) return [0, 1];
  const share = correct / total;
  const centre = (share + (Z * Z) / (2 * total)) / (1 + (Z * Z) / total);
  const spread = (Z / (1 + (Z * Z) / total)) * Math.sqrt((share * (1 - share)) / total + (Z * Z) / (4 * total * total));
  return [Math.max(0, centre - spread), Math.min(1, centre + spread)];
}
