import { pivotedCholesky } from "./cholesky.ts";
import { blockMemory, type DoubleProduct, mirror, upperBlocks } from "./double-products.ts";
import { symmetricEigenvalues } from "./eigenvalues.ts";
import type { Moments, PlacedMoments } from "./moments.ts";

/**
 * Fréchet distance of two Gaussians (Dowson and Landau 1982; FID: Heusel et al. 2017):
 * |μ₁ − μ₂|² + tr Σ₁ + tr Σ₂ − 2 tr (Σ₁ Σ₂)^½. With Σ₁ = Fᵀ F the product has the eigenvalues of the symmetric
 * positive semidefinite F Σ₂ Fᵀ, so that the trace is the sum of their roots: no complex numbers, no offset on the
 * diagonal, and rank-deficient covariances are exact. At least 0.
 * @throws RangeError where the widths differ or a number is not finite
 */
export async function frechetDistance(a: Moments, b: Moments, product: DoubleProduct): Promise<number> {
  const n = a.dim;
  if (b.dim !== n) throw new RangeError(`frechet: expected features of one width, got ${n} and ${b.dim}`);
  // The one from fewer rows has the lower rank: a smaller problem, and no roots of rounding errors.
  const [low, high] = (a.count ?? Number.POSITIVE_INFINITY) <= (b.count ?? Number.POSITIVE_INFINITY) ? [a, b] : [b, a];
  let distance = 0;
  for (let i = 0; i < n; i++) {
    distance += (a.mean[i]! - b.mean[i]!) ** 2 + a.covariance[i * n + i]! + b.covariance[i * n + i]!;
  }
  if (!Number.isFinite(distance)) throw new RangeError(`frechet: expected finite statistics, got ${distance}`);
  const { factor, rank } = await pivotedCholesky(low.covariance, n, product);
  const inside = await innerProduct(factor, rank, high.covariance, n, product);
  let trace = 0;
  for (const value of await symmetricEigenvalues(inside, rank, product)) trace += Math.sqrt(Math.max(value, 0));
  return Math.max(0, distance - 2 * trace);
}

/** F Σ Fᵀ of a factor [rank, n] and a covariance [n, n]: [rank, rank]. */
async function innerProduct(
  factor: Float64Array,
  rank: number,
  covariance: Float64Array,
  n: number,
  product: DoubleProduct,
): Promise<Float64Array> {
  const inside = new Float64Array(rank * rank);
  const half = blockMemory(n);
  const halfOf = (from: number, to: number): Promise<Float64Array> => {
    const shape = { rows: to - from, inner: n, columns: n, into: half.subarray(0, (to - from) * n) };
    return product(factor.subarray(from * n, to * n), covariance, shape);
  };
  for await (const { from, to, block } of upperBlocks(halfOf, factor, rank, n, product, blockMemory(rank))) {
    const width = rank - from;
    for (let i = from; i < to; i++)
      inside.set(block.subarray((i - from) * width, (i - from + 1) * width), i * rank + from);
  }
  mirror(inside, rank);
  return inside;
}

/**
 * Mean over places of the Fréchet distance between what two sets have there. At least 0.
 * @throws RangeError where places or widths differ
 */
export async function placedDistance(a: PlacedMoments, b: PlacedMoments): Promise<number> {
  if (a.length !== b.length) throw new RangeError(`placed: expected ${b.length} places, got ${a.length}`);
  let sum = 0;
  for (const [place, own] of a.entries()) sum += await frechetDistance(own, b[place]!, smallProduct);
  return sum / a.length;
}

/** Products of few rows: leaving for ONNX Runtime and coming back would take longer. */
const smallProduct: DoubleProduct = async (a, b, { rows, inner, columns, transA = false, transB = false, into }) => {
  const out = into?.fill(0) ?? new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < inner; k++) {
      const value = transA ? a[k * rows + i]! : a[i * inner + k]!;
      for (let j = 0; j < columns; j++)
        out[i * columns + j]! += value * (transB ? b[j * inner + k]! : b[k * columns + j]!);
    }
  return out;
};
