/** Eigenvalues of symmetric matrices in float64: Householder tridiagonalisation, then implicit QL (Golub and Van Loan, 8.3). */

/**
 * Eigenvalues in ascending order.
 * @param matrix symmetric [n, n], row-major; only the lower triangle is read. Not changed.
 */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  if (matrix.length !== n * n) throw new RangeError(`eigenvalues: expected ${n}x${n} numbers, got ${matrix.length}`);
  const { diagonal, below } = tridiagonal(Float64Array.from(matrix), n);
  tridiagonalEigenvalues(diagonal, below);
  return diagonal.sort();
}

/**
 * Reduces from the last row upwards. The rank-two update that one reflection causes is applied in the pass that
 * multiplies by the next reflection's vector: the matrix is read once a step.
 */
function tridiagonal(a: Float64Array, n: number): { diagonal: Float64Array; below: Float64Array } {
  const diagonal = new Float64Array(n);
  /** below[i] stands left of the diagonal in row i; below[0] is unused. */
  const below = new Float64Array(n);
  let u = new Float64Array(n);
  let w = new Float64Array(n);
  let nextU = new Float64Array(n);
  let nextW = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    const row = a.subarray(i * n, i * n + i + 1);
    for (let k = 0; k <= i; k++) row[k]! -= u[i]! * w[k]! + w[i]! * u[k]!;
    diagonal[i] = row[i]!;
    if (i === 0) break;
    let scale = 0;
    for (let k = 0; k < i; k++) scale = Math.max(scale, Math.abs(row[k]!));
    let h = 0;
    nextU.fill(0);
    if (scale > 0) {
      let square = 0;
      for (let k = 0; k < i; k++) square += (row[k]! / scale) ** 2;
      const last = row[i - 1]!;
      const norm = Math.sqrt(square) * (last > 0 ? -1 : 1);
      below[i] = norm * scale;
      for (let k = 0; k < i; k++) nextU[k] = row[k]! / scale;
      nextU[i - 1]! -= norm;
      h = square - (last / scale) * norm;
    }
    nextW.fill(0);
    updateAndMultiply(a, n, i, u, w, nextU, nextW);
    if (h > 0) {
      let dot = 0;
      for (let k = 0; k < i; k++) {
        nextW[k]! /= h;
        dot += nextW[k]! * nextU[k]!;
      }
      const shift = dot / (2 * h);
      for (let k = 0; k < i; k++) nextW[k]! -= shift * nextU[k]!;
    }
    [u, w, nextU, nextW] = [nextU, nextW, u, w];
  }
  return { diagonal, below };
}

/** a −= u wᵀ + w uᵀ on the first `size` rows, and product += a · vector, in one reading of the lower triangle. */
function updateAndMultiply(
  a: Float64Array,
  n: number,
  size: number,
  u: Float64Array,
  w: Float64Array,
  vector: Float64Array,
  product: Float64Array,
): void {
  for (let j = 0; j < size; j++) {
    const at = j * n;
    const uj = u[j]!;
    const wj = w[j]!;
    const vj = vector[j]!;
    let sum = 0;
    for (let k = 0; k < j; k++) {
      const value = a[at + k]! - uj * w[k]! - wj * u[k]!;
      a[at + k] = value;
      sum += value * vector[k]!;
      product[k]! += value * vj;
    }
    const own = a[at + j]! - 2 * uj * wj;
    a[at + j] = own;
    product[j]! += sum + own * vj;
  }
}

const MOST_TURNS = 60;

/** Implicit QL with Wilkinson's shift; the eigenvalues replace the diagonal. */
function tridiagonalEigenvalues(d: Float64Array, below: Float64Array): void {
  const n = d.length;
  const e = new Float64Array(n);
  e.set(below.subarray(1));
  for (let l = 0; l < n; l++) {
    for (let turn = 0; ; turn++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]!) > Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) m++;
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
