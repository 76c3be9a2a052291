import { pivotedCholesky } from "./cholesky.ts";
import { type DoubleProduct, lowerProduct } from "./double-products.ts";
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
  const half = await product(factor, high.covariance, { rows: rank, inner: n, columns: n });
  const inside = await lowerProduct(half, factor, rank, n, product);
  let trace = 0;
  for (const value of await symmetricEigenvalues(inside, rank, product)) trace += Math.sqrt(Math.max(value, 0));
  return Math.max(0, distance - 2 * trace);
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
const smallProduct: DoubleProduct = async (a, b, { rows, inner, columns, transA = false, transB = false }) => {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < inner; k++) {
      const value = transA ? a[k * rows + i]! : a[i * inner + k]!;
      for (let j = 0; j < columns; j++)
        out[i * columns + j]! += value * (transB ? b[j * inner + k]! : b[k * columns + j]!);
    }
  return out;
};
