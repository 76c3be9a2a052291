/** A factor of a positive semidefinite matrix. */
export interface Factor {
  /** [rank, n], row-major; factorᵀ · factor is the matrix. */
  readonly factor: Float64Array;
  readonly rank: number;
}

/**
 * Pivoted Cholesky factorisation (Higham, "Cholesky factorization", 2009): the largest remaining diagonal element first,
 * until none is above n · ε · the largest of all. Exact for rank-deficient matrices up to rounding.
 * @param matrix [n, n], symmetric; the upper triangle's values do not matter.
 */
export function pivotedCholesky(matrix: Float64Array, n: number): Factor {
  const rest = Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]!);
  const stop = n * Number.EPSILON * rest.reduce((most, value) => Math.max(most, value), 0);
  const factor = new Float64Array(n * n);
  const open = Int32Array.from(rest, (_, i) => i);
  let rank = 0;
  // Left-looking by columns would gather; rows of the factor are finished one by one, updated by all before them.
  while (rank < n) {
    let best = rank;
    for (let k = rank + 1; k < n; k++) if (rest[open[k]!]! > rest[open[best]!]!) best = k;
    const pivot = open[best]!;
    if (!(rest[pivot]! > stop)) break;
    open[best] = open[rank]!;
    open[rank] = pivot;
    const row = factor.subarray(rank * n, (rank + 1) * n);
    for (let i = 0; i < n; i++) row[i] = i <= pivot ? matrix[pivot * n + i]! : matrix[i * n + pivot]!;
    subtractEarlier(row, factor, rank, n, pivot);
    const root = Math.sqrt(rest[pivot]!);
    for (let k = 0; k < rank; k++) row[open[k]!] = 0;
    for (let k = rank + 1; k < n; k++) {
      const i = open[k]!;
      row[i]! /= root;
      rest[i]! -= row[i]! ** 2;
    }
    row[pivot] = root;
    rank++;
  }
  return { factor: factor.slice(0, rank * n), rank };
}

/** row −= Σ earlier[k, pivot] · earlier[k, :], four earlier rows at a time. */
function subtractEarlier(row: Float64Array, factor: Float64Array, count: number, n: number, pivot: number): void {
  let k = 0;
  for (; k + 4 <= count; k += 4) {
    const [p, q, r, s] = [k * n, (k + 1) * n, (k + 2) * n, (k + 3) * n];
    const [a, b, c, d] = [factor[p + pivot]!, factor[q + pivot]!, factor[r + pivot]!, factor[s + pivot]!];
    for (let i = 0; i < n; i++)
      row[i]! -= a * factor[p + i]! + b * factor[q + i]! + c * factor[r + i]! + d * factor[s + i]!;
  }
  for (; k < count; k++) {
    const a = factor[k * n + pivot]!;
    for (let i = 0; i < n; i++) row[i]! -= a * factor[k * n + i]!;
  }
}
