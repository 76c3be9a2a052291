import type { DoubleProduct } from "./double-products.ts";

export interface PrecisionRecall {
  /** Share of drawn pictures inside the real manifold. */
  readonly precision: number;
  /** Share of real pictures inside the drawn manifold. */
  readonly recall: number;
  /** For each drawn picture, whether it is inside the real manifold. */
  readonly drawnInside: Uint8Array;
  /** For each real picture, whether it is inside the drawn manifold. */
  readonly realInside: Uint8Array;
}

/** Rows of each side compared at once. */
const TILE = 1024;

/**
 * Improved precision and recall (Kynkäänniemi et al. 2019): a set's manifold is the union of balls around its rows, each
 * reaching to the row's k-th nearest other row. All rows are used on both sides, balls include their surface.
 * @param real [n, dim] and `drawn` [m, dim]; more than k rows each
 */
export async function precisionRecall(
  real: Float32Array,
  drawn: Float32Array,
  dim: number,
  product: DoubleProduct,
  k = 3,
): Promise<PrecisionRecall> {
  const realRadii = await squaredRadii(real, dim, k, product);
  const drawnRadii = await squaredRadii(drawn, dim, k, product);
  const realInside = new Uint8Array(real.length / dim);
  const drawnInside = new Uint8Array(drawn.length / dim);
  await eachDistance(real, drawn, dim, product, (i, j, square) => {
    if (square <= realRadii[i]!) drawnInside[j] = 1;
    if (square <= drawnRadii[j]!) realInside[i] = 1;
  });
  return { precision: shareOf(drawnInside), recall: shareOf(realInside), drawnInside, realInside };
}

export const shareOf = (flags: Uint8Array): number => flags.reduce((sum, flag) => sum + flag, 0) / flags.length;

/** Squared distance of each row to its k-th nearest other row. */
async function squaredRadii(rows: Float32Array, dim: number, k: number, product: DoubleProduct): Promise<Float64Array> {
  const n = rows.length / dim;
  if (!Number.isInteger(n) || n <= k)
    throw new RangeError(`precisionRecall: expected more than ${k} whole rows of ${dim}, got ${rows.length} numbers`);
  const nearest = new Float64Array(n * k).fill(Number.POSITIVE_INFINITY);
  await eachDistance(rows, rows, dim, product, (i, j, square) => {
    if (i === j || square >= nearest[i * k + k - 1]!) return;
    let at = i * k + k - 1;
    for (; at > i * k && nearest[at - 1]! > square; at--) nearest[at] = nearest[at - 1]!;
    nearest[at] = square;
  });
  return Float64Array.from({ length: n }, (_, i) => nearest[i * k + k - 1]!);
}

/** Calls `see` with the squared distance of every pair, tile by tile; each distance has the same bits whichever call asks. */
export async function eachDistance(
  a: Float32Array,
  b: Float32Array,
  dim: number,
  product: DoubleProduct,
  see: (i: number, j: number, square: number) => void,
): Promise<void> {
  const [n, m] = [a.length / dim, b.length / dim];
  const [aSquares, bSquares] = [squaredNorms(a, dim), squaredNorms(b, dim)];
  for (let i0 = 0; i0 < n; i0 += TILE) {
    const rows = Math.min(TILE, n - i0);
    const left = Float64Array.from(a.subarray(i0 * dim, (i0 + rows) * dim));
    for (let j0 = 0; j0 < m; j0 += TILE) {
      const columns = Math.min(TILE, m - j0);
      const right = Float64Array.from(b.subarray(j0 * dim, (j0 + columns) * dim));
      const dots = await product(left, right, { rows, inner: dim, columns, transB: true });
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) {
          const square = aSquares[i0 + i]! + bSquares[j0 + j]! - 2 * dots[i * columns + j]!;
          see(i0 + i, j0 + j, Math.max(0, square));
        }
    }
  }
}

function squaredNorms(rows: Float32Array, dim: number): Float64Array {
  return Float64Array.from({ length: rows.length / dim }, (_, i) => {
    let sum = 0;
    for (let k = i * dim; k < (i + 1) * dim; k++) sum += rows[k]! ** 2;
    return sum;
  });
}
