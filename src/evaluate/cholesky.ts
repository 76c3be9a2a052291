import { blockMemory, type DoubleProduct, upperBlocks } from "./double-products.ts";

/** Rows that are finished between two products. */
const PANEL = 64;

/** A factorisation on its way: rows of the factor above, below what is left of the matrix, both on and right of the diagonal of `rows`. */
interface Work {
  readonly n: number;
  /** [n, n] */
  readonly rows: Float64Array;
  /** Columns of the matrix in the order of `rows` by now, and what is left of their diagonal elements. */
  readonly order: Int32Array;
  readonly diagonal: Float64Array;
}

/**
 * Pivoted Cholesky factorisation (Higham, "Cholesky factorization", 2009; LAPACK's dpstrf): the largest remaining diagonal element first,
 * until none is above n · ε · the largest of all. Exact for rank-deficient matrices up to rounding. Rows are finished in
 * panels; what a panel leaves of the matrix is one symmetric product, and all is done in one copy of the matrix.
 * @param matrix [n, n], symmetric, positive semidefinite. Not changed.
 * @returns its rank and `factor` [rank, n], row-major: factorᵀ · factor is the matrix
 */
export async function pivotedCholesky(matrix: Float64Array, n: number, product: DoubleProduct) {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  const diagonal = Float64Array.from(order, (i) => matrix[i * n + i]!);
  const work: Work = { n, rows: matrix.slice(), order, diagonal };
  const stop = n * Number.EPSILON * diagonal.reduce((most, value) => Math.max(most, value), 0);
  const memory = blockMemory(n);
  let rank = 0;
  while (rank < n) {
    const begin = rank;
    const end = Math.min(n, begin + PANEL);
    rank = finishPanel(work, begin, end, stop);
    if (rank === end) await subtractPanel(work, begin, end, product, memory);
    restoreOrder(work, begin, rank);
    if (rank < end) break;
  }
  return { factor: work.rows.subarray(0, rank * n), rank };
}

/** Finishes rows `begin` to `end`, or those before the first with nothing above `stop` left; gives where it ended. */
function finishPanel(work: Work, begin: number, end: number, stop: number): number {
  const { n, rows, diagonal } = work;
  for (let k = begin; k < end; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (diagonal[i]! > diagonal[pivot]!) pivot = i;
    if (!(diagonal[pivot]! > stop)) return k;
    if (pivot !== k) exchange(work, begin, k, pivot);
    subtractEarlier(rows, n, begin, k);
    const root = Math.sqrt(diagonal[k]!);
    const row = k * n;
    rows[row + k] = root;
    for (let j = k + 1; j < n; j++) {
      rows[row + j]! /= root;
      diagonal[j]! -= rows[row + j]! ** 2;
    }
  }
  return end;
}

/** Exchanges rows and columns k and p > k of what is left, and the columns in the panel's finished rows, which begin at `begin`. */
function exchange({ n, rows, order, diagonal }: Work, begin: number, k: number, p: number): void {
  for (let i = begin; i < k; i++) swap(rows, i * n + k, i * n + p);
  for (let i = k + 1; i < p; i++) swap(rows, k * n + i, i * n + p);
  for (let j = p + 1; j < n; j++) swap(rows, k * n + j, p * n + j);
  swap(rows, k * n + k, p * n + p);
  swap(diagonal, k, p);
  swap(order, k, p);
}

function swap(values: Float64Array | Int32Array, i: number, j: number): void {
  const value = values[i]!;
  values[i] = values[j]!;
  values[j] = value;
}

/** Row k − Σ rows[i, k] · rows[i, :] of the panel's finished rows i from `begin` on, four at a time. */
function subtractEarlier(rows: Float64Array, n: number, begin: number, k: number): void {
  const row = k * n;
  let i = begin;
  for (; i + 4 <= k; i += 4) {
    const [p, q, r, s] = [i * n, (i + 1) * n, (i + 2) * n, (i + 3) * n];
    const [a, b, c, d] = [rows[p + k]!, rows[q + k]!, rows[r + k]!, rows[s + k]!];
    for (let j = k; j < n; j++)
      rows[row + j]! -= a * rows[p + j]! + b * rows[q + j]! + c * rows[r + j]! + d * rows[s + j]!;
  }
  for (; i < k; i++) {
    const a = rows[i * n + k]!;
    for (let j = k; j < n; j++) rows[row + j]! -= a * rows[i * n + j]!;
  }
}

/** What is left after rows `begin` to `end` of the factor: less their product with themselves. */
async function subtractPanel(
  { n, rows }: Work,
  begin: number,
  end: number,
  product: DoubleProduct,
  memory: Float64Array,
): Promise<void> {
  const [side, count] = [n - end, end - begin];
  const columns = new Float64Array(side * count);
  for (let i = 0; i < count; i++)
    for (let j = 0; j < side; j++) columns[j * count + i] = rows[(begin + i) * n + end + j]!;
  const rowsOf = (from: number, to: number) => columns.subarray(from * count, to * count);
  for await (const { from, to, block } of upperBlocks(rowsOf, columns, side, count, product, memory))
    subtractBlock(rows, n, end + from, end + to, block);
}

/** Subtracts rows `from` to `to` from column `from` on. */
function subtractBlock(rows: Float64Array, n: number, from: number, to: number, block: Float64Array): void {
  const width = n - from;
  for (let i = from, at = 0; i < to; i++) {
    const row = i * n + from;
    for (let j = 0; j < width; j++, at++) rows[row + j]! -= block[at]!;
  }
}

/** Gives rows `begin` to `end` of the factor the matrix's own order of columns. */
function restoreOrder({ n, rows, order }: Work, begin: number, end: number): void {
  const own = new Float64Array(n);
  for (let k = begin; k < end; k++) {
    const row = rows.subarray(k * n, (k + 1) * n);
    own.set(row);
    row.fill(0);
    for (let j = k; j < n; j++) row[order[j]!] = own[j]!;
  }
}
