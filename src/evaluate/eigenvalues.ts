/** Eigenvalues of symmetric matrices in float64: by Householder reflections to a band and on to a tridiagonal form, then implicit QL (Golub and Van Loan, 8.3). */
import { bandOf } from "./band.ts";
import { tridiagonalOf } from "./bulges.ts";
import type { DoubleProduct } from "./double-products.ts";

/**
 * Eigenvalues in ascending order.
 * @param matrix symmetric [n, n], row-major; used up
 */
export async function symmetricEigenvalues(
  matrix: Float64Array,
  n: number,
  product: DoubleProduct,
): Promise<Float64Array> {
  if (matrix.length !== n * n) throw new RangeError(`eigenvalues: expected ${n}x${n} numbers, got ${matrix.length}`);
  const { diagonal, below } = tridiagonalOf(await bandOf(matrix, n, product));
  tridiagonalEigenvalues(diagonal, below);
  return diagonal.sort();
}

const MOST_TURNS = 60;

/**
 * Implicit QL with Wilkinson's shift; the eigenvalues replace the diagonal, and `e`, what stands below it, becomes zero. An `e`
 * counts as zero where it is within rounding of the whole matrix, which is as exact as the tridiagonal form is: beside its own
 * neighbours alone it never would be where the matrix is rank-deficient, and both are rounding errors.
 */
function tridiagonalEigenvalues(d: Float64Array, e: Float64Array): void {
  const n = d.length;
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(d[i]!), Math.abs(e[i] ?? 0));
  const rounding = Number.EPSILON * largest;
  for (let l = 0; l < n; l++) {
    for (let turn = 0; ; turn++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]!) > rounding) m++;
      if (m === l) break;
      if (turn === MOST_TURNS) throw new Error(`eigenvalues: expected convergence in ${MOST_TURNS} turns, got none`);
      chase(d, e, l, m);
    }
  }
}

/** One sweep of rotations from row m up to row l. */
function chase(d: Float64Array, e: Float64Array, l: number, m: number): void {
  const slope = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  const root = Math.hypot(slope, 1);
  let g = d[m]! - d[l]! + e[l]! / (slope + (slope < 0 ? -root : root));
  let sine = 1;
  let cosine = 1;
  let moved = 0;
  for (let i = m - 1; i >= l; i--) {
    const f = sine * e[i]!;
    const b = cosine * e[i]!;
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= moved;
      e[m] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = d[i + 1]! - moved;
    const t = (d[i]! - g) * sine + 2 * cosine * b;
    moved = sine * t;
    d[i + 1] = g + moved;
    g = cosine * t - b;
  }
  d[l]! -= moved;
  e[l] = g;
  e[m] = 0;
}
