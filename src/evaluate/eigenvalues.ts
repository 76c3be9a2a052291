/** Eigenvalues of symmetric matrices in float64: blocked Householder tridiagonalisation, then implicit QL (Golub and Van Loan, 8.3). */
import { type DoubleProduct, lowerProduct } from "./double-products.ts";

/**
 * Eigenvalues in ascending order.
 * @param matrix symmetric [n, n], row-major; only the lower triangle is read. Not changed.
 */
export async function symmetricEigenvalues(
  matrix: Float64Array,
  n: number,
  product: DoubleProduct,
): Promise<Float64Array> {
  if (matrix.length !== n * n) throw new RangeError(`eigenvalues: expected ${n}x${n} numbers, got ${matrix.length}`);
  const { diagonal, below } = await tridiagonal(matrix, n, product);
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

/** Columns that are finished between two products. */
const PANEL = 48;

/**
 * Householder tridiagonalisation in panels (Dongarra, Sorensen and Hammarling, "Block reduction of matrices to condensed
 * forms", 1989; LAPACK's dsytrd): within a panel each reflection needs one product of the matrix as the panel found it and
 * a vector, corrected by the panel's earlier reflections; the rank-2·PANEL change of what is left is one matrix product.
 * Eigenvalues of side 2048 so take 3.1 s of one core, 8.4 s where each reflection changes the matrix as it is found.
 * Both diagonals have [n]: below[i] stands in row i + 1 left of the main one; the last is 0.
 */
async function tridiagonal(matrix: Float64Array, n: number, product: DoubleProduct) {
  const diagonal = new Float64Array(n);
  const below = new Float64Array(n);
  let rest = matrix;
  for (let from = 0; from < n; ) {
    const m = n - from;
    const width = Math.min(PANEL, m);
    const panel = reducePanel(rest, m, width, diagonal.subarray(from), below.subarray(from));
    from += width;
    if (from < n) rest = await trailing(rest, m, panel, width, product);
  }
  return { diagonal, below };
}

/** Vectors of a panel's reflections: rows of [width, m] each. */
interface Panel {
  readonly v: Float64Array;
  readonly w: Float64Array;
}

/** Reduces the first `width` columns: the rest of the matrix is then a − Σ v wᵀ + w vᵀ. */
function reducePanel(a: Float64Array, m: number, width: number, diagonal: Float64Array, below: Float64Array): Panel {
  const v = new Float64Array(width * m);
  const w = new Float64Array(width * m);
  const column = new Float64Array(m);
  for (let j = 0; j < width; j++) {
    for (let i = j; i < m; i++) column[i] = a[i * m + j]!;
    for (let k = 0; k < j; k++) subtractPair(column, v, w, k * m, j, w[k * m + j]!, v[k * m + j]!, m);
    diagonal[j] = column[j]!;
    if (j === m - 1) break;
    const [vj, wj] = [v.subarray(j * m, (j + 1) * m), w.subarray(j * m, (j + 1) * m)];
    const { beta, tau } = reflection(column, j + 1, vj);
    below[j] = beta;
    if (tau === 0) continue;
    multiplySymmetric(a, m, j + 1, vj, wj);
    for (let k = 0; k < j; k++) {
      const at = k * m;
      let ofV = 0;
      let ofW = 0;
      for (let i = j + 1; i < m; i++) {
        ofV += v[at + i]! * vj[i]!;
        ofW += w[at + i]! * vj[i]!;
      }
      subtractPair(wj, v, w, at, j + 1, ofW, ofV, m);
    }
    let dot = 0;
    for (let i = j + 1; i < m; i++) dot += wj[i]! * vj[i]!;
    const shift = (tau * dot) / 2;
    for (let i = j + 1; i < m; i++) wj[i] = tau * (wj[i]! - shift * vj[i]!);
  }
  return { v, w };
}

/** target −= ofV · v + ofW · w from `begin` on, v and w being the rows at `at`. */
function subtractPair(
  target: Float64Array,
  v: Float64Array,
  w: Float64Array,
  at: number,
  begin: number,
  ofV: number,
  ofW: number,
  m: number,
): void {
  for (let i = begin; i < m; i++) target[i]! -= ofV * v[at + i]! + ofW * w[at + i]!;
}

/** The reflection 1 − τ v vᵀ that turns x[begin:] into β e₁; v[begin] = 1, and τ = 0 where x is there already. */
function reflection(x: Float64Array, begin: number, v: Float64Array): { beta: number; tau: number } {
  let scale = 0;
  for (let i = begin + 1; i < x.length; i++) scale = Math.max(scale, Math.abs(x[i]!));
  const alpha = x[begin]!;
  if (scale === 0) return { beta: alpha, tau: 0 };
  scale = Math.max(scale, Math.abs(alpha));
  let square = 0;
  for (let i = begin; i < x.length; i++) square += (x[i]! / scale) ** 2;
  const norm = scale * Math.sqrt(square);
  const beta = alpha > 0 ? -norm : norm;
  for (let i = begin + 1; i < x.length; i++) v[i] = x[i]! / (alpha - beta);
  v[begin] = 1;
  return { beta, tau: (beta - alpha) / beta };
}

/** product += a · vector on the rows and columns from `begin` on; the lower triangle is read once, four rows at a time. */
function multiplySymmetric(
  a: Float64Array,
  m: number,
  begin: number,
  vector: Float64Array,
  product: Float64Array,
): void {
  let i = begin;
  for (; i + 4 <= m; i += 4) {
    const [p, q, r, s] = [i * m, (i + 1) * m, (i + 2) * m, (i + 3) * m];
    const [v0, v1, v2, v3] = [vector[i]!, vector[i + 1]!, vector[i + 2]!, vector[i + 3]!];
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let k = begin; k < i; k++) {
      const a0 = a[p + k]!;
      const a1 = a[q + k]!;
      const a2 = a[r + k]!;
      const a3 = a[s + k]!;
      const x = vector[k]!;
      s0 += a0 * x;
      s1 += a1 * x;
      s2 += a2 * x;
      s3 += a3 * x;
      product[k]! += a0 * v0 + a1 * v1 + a2 * v2 + a3 * v3;
    }
    product[i]! += s0;
    product[i + 1]! += s1;
    product[i + 2]! += s2;
    product[i + 3]! += s3;
    multiplyRows(a, m, i, i, i + 4, vector, product);
  }
  multiplyRows(a, m, begin, i, m, vector, product);
}

/** The same for rows [from, to) one at a time, columns from `begin` on. */
function multiplyRows(
  a: Float64Array,
  m: number,
  begin: number,
  from: number,
  to: number,
  vector: Float64Array,
  product: Float64Array,
): void {
  for (let i = from; i < to; i++) {
    let sum = a[i * m + i]! * vector[i]!;
    for (let k = begin; k < i; k++) {
      sum += a[i * m + k]! * vector[k]!;
      product[k]! += a[i * m + k]! * vector[i]!;
    }
    product[i]! += sum;
  }
}

/** What a panel leaves: a − Σ v wᵀ + w vᵀ on the columns from `width` on. */
async function trailing(
  a: Float64Array,
  m: number,
  { v, w }: Panel,
  width: number,
  product: DoubleProduct,
): Promise<Float64Array> {
  const side = m - width;
  // Rows of [side, 2 · width]: v w and w v, whose products with each other are symmetric.
  const [left, right] = [new Float64Array(side * 2 * width), new Float64Array(side * 2 * width)];
  for (let k = 0; k < width; k++)
    for (let i = 0; i < side; i++) {
      const [ofV, ofW] = [v[k * m + width + i]!, w[k * m + width + i]!];
      const [first, second] = [i * 2 * width + k, i * 2 * width + width + k];
      left[first] = right[second] = ofV;
      left[second] = right[first] = ofW;
    }
  const next = await lowerProduct(left, right, side, 2 * width, product);
  for (let i = 0; i < side; i++) {
    const from = (i + width) * m + width;
    for (let j = 0; j <= i; j++) next[i * side + j] = a[from + j]! - next[i * side + j]!;
  }
  return next;
}
