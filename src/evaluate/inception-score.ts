import type { Random } from "../sampling/index.ts";
import { resampled } from "./bootstrap.ts";

/**
 * Inception Score (Salimans et al. 2016): exp of the mean KL divergence of p(y|x) from p(y), over `splits` consecutive
 * parts of equal size as the original code cuts them; mean and standard deviation (population) over the parts.
 * @param logits [n, classes]
 */
export function inceptionScore(logits: Float32Array, classes: number, splits = 10) {
  return scoreOf(prepare(logits, classes, splits), undefined, splits);
}

/** The means that resampled rows give. */
export function inceptionScoreReplicates(
  logits: Float32Array,
  classes: number,
  random: Random,
  replicates: number,
  splits = 10,
): Float64Array {
  const rows = prepare(logits, classes, splits);
  return Float64Array.from({ length: replicates }, () => scoreOf(rows, resampled(rows.count, random), splits).mean);
}

/** Of every row p(y|x), [count, classes], and Σ p log p. */
function prepare(logits: Float32Array, classes: number, splits: number) {
  const count = logits.length / classes;
  if (!Number.isInteger(count) || count < splits)
    throw new RangeError(
      `inceptionScore: expected at least ${splits} whole rows of ${classes}, got ${logits.length} numbers`,
    );
  const shares = new Float64Array(logits.length);
  const negativeEntropies = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const most = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const total = row.reduce((sum, value) => sum + Math.exp(value - most), 0);
    row.forEach((value, k) => {
      const p = Math.exp(value - most) / total;
      shares[i * classes + k] = p;
      if (p > 0) negativeEntropies[i]! += p * Math.log(p);
    });
  }
  return { count, classes, shares, negativeEntropies };
}

/** @param chosen numbers of the rows to take, in order; all by default */
function scoreOf(
  { count, classes, shares, negativeEntropies }: ReturnType<typeof prepare>,
  chosen: Int32Array | undefined,
  splits: number,
) {
  const scores = Array.from({ length: splits }, (_, part) => {
    const begin = Math.floor((part * count) / splits);
    const end = Math.floor(((part + 1) * count) / splits);
    const marginal = new Float64Array(classes);
    let negativeEntropy = 0;
    for (let i = begin; i < end; i++) {
      const row = chosen === undefined ? i : chosen[i]!;
      for (let k = 0, at = row * classes; k < classes; k++, at++) marginal[k]! += shares[at]!;
      negativeEntropy += negativeEntropies[row]!;
    }
    const n = end - begin;
    const ofMarginal = marginal.reduce((sum, m) => sum + (m > 0 ? (m / n) * Math.log(m / n) : 0), 0);
    return Math.exp(negativeEntropy / n - ofMarginal);
  });
  const mean = scores.reduce((a, b) => a + b, 0) / splits;
  const deviation = Math.sqrt(scores.reduce((sum, s) => sum + (s - mean) ** 2, 0) / splits);
  return { mean, deviation };
}
