import type { DoubleProduct } from "./double-products.ts";

/** Rows that are finished between two products. 2048 wide: 0.6 s of one core, 4.5 s where every row is its own step. */
const PANEL = 64;

/**
 * Pivoted Cholesky factorisation (Higham, "Cholesky factorization", 2009): the largest remaining diagonal element first,
 * until none is above n · ε · the largest of all. Exact for rank-deficient matrices up to rounding. Rows are finished in
 * panels; what a panel leaves of the matrix is one product.
 * @param matrix [n, n], symmetric, positive semidefinite. Not changed.
 * @returns its rank and `factor` [rank, n], row-major: factorᵀ · factor is the matrix
 */
export async function pivotedCholesky(matrix: Float64Array, n: number, product: DoubleProduct) {
  let rest = matrix;
  /** Columns of the matrix that `rest` still has, in its order, and what their diagonal elements are by now. */
  let columns = Int32Array.from({ length: n }, (_, i) => i);
  let diagonal = Float64Array.from(columns, (i) => matrix[i * n + i]!);
  const stop = n * Number.EPSILON * diagonal.reduce((most, value) => Math.max(most, value), 0);
  const factor = new Float64Array(n * n);
  let rank = 0;
  while (columns.length > 0) {
    const m = columns.length;
    const { rows, pivots } = finishPanel(rest, diagonal, m, stop);
    pivots.forEach((_, k) => {
      for (let i = 0; i < m; i++) factor[(rank + k) * n + columns[i]!] = rows[k * m + i]!;
    });
    rank += pivots.length;
    if (pivots.length < Math.min(PANEL, m)) break;
    const taken = new Set(pivots);
    const kept = Int32Array.from(columns.keys()).filter((i) => !taken.has(i));
    rest = await trailing(rest, m, rows, pivots.length, kept, product);
    columns = kept.map((i) => columns[i]!);
    diagonal = Float64Array.from(kept, (i) => diagonal[i]!);
  }
  return { factor: factor.slice(0, rank * n), rank };
}

/** Up to PANEL rows [·, m] of the factor, and the columns they were pivoted on; fewer where nothing above `stop` is left. */
function finishPanel(
  rest: Float64Array,
  diagonal: Float64Array,
  m: number,
  stop: number,
): { rows: Float64Array; pivots: number[] } {
  const most = Math.min(PANEL, m);
  const rows = new Float64Array(most * m);
  const pivots: number[] = [];
  while (pivots.length < most) {
    let pivot = 0;
    for (let i = 1; i < m; i++) if (diagonal[i]! > diagonal[pivot]!) pivot = i;
    const value = diagonal[pivot]!;
    if (!(value > stop)) break;
    const k = pivots.length;
    const row = rows.subarray(k * m, (k + 1) * m);
    row.set(rest.subarray(pivot * m, (pivot + 1) * m));
    subtractEarlier(row, rows, k, m, pivot);
    const root = Math.sqrt(value);
    for (let i = 0; i < m; i++) {
      row[i]! /= root;
      diagonal[i]! -= row[i]! ** 2;
    }
    // A finished column takes no more part: nothing is left of it, and later rows are zero there.
    for (const done of pivots) row[done] = 0;
    row[pivot] = root;
    pivots.push(pivot);
    for (const done of pivots) diagonal[done] = Number.NEGATIVE_INFINITY;
  }
  return { rows, pivots };
}

/** row −= Σ earlier[k, pivot] · earlier[k, :], four earlier rows at a time. */
function subtractEarlier(row: Float64Array, earlier: Float64Array, count: number, m: number, pivot: number): void {
  let k = 0;
  for (; k + 4 <= count; k += 4) {
    const [p, q, r, s] = [k * m, (k + 1) * m, (k + 2) * m, (k + 3) * m];
    const [a, b, c, d] = [earlier[p + pivot]!, earlier[q + pivot]!, earlier[r + pivot]!, earlier[s + pivot]!];
    for (let i = 0; i < m; i++)
      row[i]! -= a * earlier[p + i]! + b * earlier[q + i]! + c * earlier[r + i]! + d * earlier[s + i]!;
  }
  for (; k < count; k++) {
    const a = earlier[k * m + pivot]!;
    for (let i = 0; i < m; i++) row[i]! -= a * earlier[k * m + i]!;
  }
}

/** rest − rowsᵀ · rows, on the kept columns. */
async function trailing(
  rest: Float64Array,
  m: number,
  rows: Float64Array,
  count: number,
  kept: Int32Array,
  product: DoubleProduct,
): Promise<Float64Array> {
  const width = kept.length;
  const own = new Float64Array(count * width);
  for (let k = 0; k < count; k++) for (let i = 0; i < width; i++) own[k * width + i] = rows[k * m + kept[i]!]!;
  const next = await product(own, own, { rows: width, inner: count, columns: width, transA: true });
  for (let i = 0, at = 0; i < width; i++) {
    const from = kept[i]! * m;
    for (let j = 0; j < width; j++, at++) next[at] = rest[from + kept[j]!]! - next[at]!;
  }
  return next;
}
