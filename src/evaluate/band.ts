import type { DoubleProduct } from "./double-products.ts";
import { reflect } from "./reflection.ts";

/** Elements on either side of the diagonal that {@link bandOf} leaves in a row: more cost the second stage, fewer the first one's products. */
export const BAND = 16;
/** Columns that are finished between two changes of the whole rest. */
const PANEL = 128;
/** Rows of the rest that are changed at once. */
const ROWS = 256;

/** Lower part of a symmetric band matrix: row i holds columns i − 2·BAND + 1 to i, half of them for what a chase fills for a while. */
export interface Band {
  readonly n: number;
  /** [n, 2 · BAND] */
  readonly rows: Float64Array;
}

/** Place of an element of the lower part in `rows`. */
export const placeOf = (i: number, j: number): number => i * 2 * BAND + j - i + 2 * BAND - 1;

/**
 * Householder reduction to a band with the same eigenvalues (Bischof, Lang and Sun, "A framework for symmetric band reduction", 2000): the part
 * of BAND columns below the band becomes triangular by a product of reflections I − V T Vᵀ. What stands right of them then is
 * A − V Wᵀ − W Vᵀ, which is computed for the next BAND columns alone; for all of the rest once a panel. All but the reflections themselves
 * are matrix products.
 * @param matrix symmetric [n, n], row-major; used up
 */
export async function bandOf(matrix: Float64Array, n: number, product: DoubleProduct): Promise<Band> {
  const band: Band = { n, rows: new Float64Array(n * 2 * BAND) };
  const memory = new Float64Array(Math.min(n, ROWS) * n);
  let rest = matrix;
  let from = 0;
  for (;;) {
    const m = n - from;
    const blocks = Math.min(PANEL / BAND, Math.floor((m - 2) / BAND));
    if (blocks <= 0) break;
    const pairs = new Pairs(m, blocks, product);
    for (let begin = 0; begin < blocks * BAND; begin += BAND) await reduceBlock(rest, pairs, begin, band, from);
    from += blocks * BAND;
    rest = await pairs.subtractFrom(rest, blocks * BAND, memory);
  }
  const m = n - from;
  for (let i = 0; i < m; i++) for (let j = 0; j <= i; j++) band.rows[placeOf(from + i, from + j)] = rest[i * m + j]!;
  return band;
}

/** The vectors V and W of a panel, by which its matrix [m, m] changes: A − V Wᵀ − W Vᵀ. */
class Pairs {
  /** Rows of [·, m]: BAND of V and BAND of W in turn, and the other way round. */
  private readonly own: Float64Array;
  private readonly other: Float64Array;
  private count = 0;

  constructor(
    readonly m: number,
    blocks: number,
    readonly product: DoubleProduct,
  ) {
    this.own = new Float64Array(2 * blocks * BAND * m);
    this.other = new Float64Array(2 * blocks * BAND * m);
  }

  add(v: Float64Array, w: Float64Array): void {
    const at = this.count * this.m;
    this.own.set(v, at);
    this.own.set(w, at + v.length);
    this.other.set(w, at);
    this.other.set(v, at + v.length);
    this.count += 2 * BAND;
  }

  /** Rows `begin` to `begin` + BAND of the change: [BAND, m]. */
  rows(begin: number): Promise<Float64Array> {
    const { m, count, product } = this;
    const left = new Float64Array(BAND * count);
    for (let i = 0; i < BAND; i++) for (let k = 0; k < count; k++) left[i * count + k] = this.own[k * m + begin + i]!;
    return product(left, this.other.subarray(0, count * m), { rows: BAND, inner: count, columns: m });
  }

  /** The change times vᵀ, v being rows [BAND, m]: [m, BAND]. */
  async times(v: Float64Array): Promise<Float64Array> {
    const { m, count, product } = this;
    const other = this.other.subarray(0, count * m);
    const dots = await product(other, v, { rows: count, inner: m, columns: BAND, transB: true });
    return product(this.own.subarray(0, count * m), dots, { rows: m, inner: count, columns: BAND, transA: true });
  }

  /** The matrix less the change, on rows and columns from `begin` on, closer together in the matrix's own place. */
  async subtractFrom(a: Float64Array, begin: number, memory: Float64Array): Promise<Float64Array> {
    const { m, count, product } = this;
    const side = m - begin;
    const left = turned(this.own, m, begin, count);
    const right = cut(this.other, m, begin, count);
    for (let from = 0; from < side; from += ROWS) {
      const rows = Math.min(ROWS, side - from);
      const shape = { rows, inner: count, columns: side, into: memory.subarray(0, rows * side) };
      const change = await product(left.subarray(from * count, (from + rows) * count), right, shape);
      subtractRows(a, m, begin, from, rows, change);
    }
    return a.subarray(0, side * side);
  }
}

/** Columns of rows [count, m] from `begin` on: [count, m − begin]. */
function cut(rows: Float64Array, m: number, begin: number, count: number): Float64Array {
  const side = m - begin;
  const out = new Float64Array(count * side);
  for (let k = 0; k < count; k++) out.set(rows.subarray(k * m + begin, (k + 1) * m), k * side);
  return out;
}

/** The same turned: [m − begin, count]. */
function turned(rows: Float64Array, m: number, begin: number, count: number): Float64Array {
  const side = m - begin;
  const out = new Float64Array(side * count);
  for (let i = 0, at = 0; i < side; i++) for (let k = 0; k < count; k++, at++) out[at] = rows[k * m + begin + i]!;
  return out;
}

/** a[begin:, begin:] − change for `rows` rows from row `from` of that part on, which moves to where a begins: what it covers is done with. */
function subtractRows(
  a: Float64Array,
  m: number,
  begin: number,
  from: number,
  rows: number,
  change: Float64Array,
): void {
  const side = m - begin;
  for (let i = 0, at = 0; i < rows; i++) {
    const own = (begin + from + i) * m + begin;
    const place = (from + i) * side;
    for (let j = 0; j < side; j++, at++) a[place + j] = a[own + j]! - change[at]!;
  }
}

/** Finishes columns `begin` to `begin` + BAND of a panel's matrix [m, m], whose first column is column `from` of the band. */
async function reduceBlock(a: Float64Array, pairs: Pairs, begin: number, band: Band, from: number): Promise<void> {
  const { m, product } = pairs;
  // Columns of a symmetric matrix are rows.
  const columns = a.slice(begin * m, (begin + BAND) * m);
  if (begin > 0) {
    const change = await pairs.rows(begin);
    for (let i = 0; i < columns.length; i++) columns[i]! -= change[i]!;
  }
  const below = begin + BAND;
  const { v, taus } = triangularise(columns, m, below);
  for (let t = 0; t < BAND; t++)
    for (let i = begin + t; i <= Math.min(m - 1, below + t); i++)
      band.rows[placeOf(from + i, from + begin + t)] = columns[t * m + i]!;
  const square = { rows: BAND, inner: m, columns: BAND };
  const t = compactFactor(await product(v, v, { ...square, transB: true }), taus);
  // X = A V, then W = X T − ½ V Tᵀ Vᵀ X T. Rows above are zero in V and are not needed in W.
  const x = new Float64Array(m * BAND);
  const shape = { rows: m - below, inner: m, columns: BAND, transB: true };
  x.set(await product(a.subarray(below * m), v, shape), below * BAND);
  if (begin > 0) {
    const change = await pairs.times(v);
    for (let i = below * BAND; i < x.length; i++) x[i]! -= change[i]!;
  }
  const inner = await smallSquares(t, await product(v, x, square), product);
  const w = await product(t, x, { rows: BAND, inner: BAND, columns: m, transA: true, transB: true });
  const correction = await product(inner, v, { rows: BAND, inner: BAND, columns: m });
  for (let i = 0; i < w.length; i++) w[i]! -= correction[i]! / 2;
  pairs.add(v, w);
}

/** (Tᵀ M T)ᵀ of squares of side BAND. */
async function smallSquares(t: Float64Array, m: Float64Array, product: DoubleProduct): Promise<Float64Array> {
  const shape = { rows: BAND, inner: BAND, columns: BAND };
  const right = await product(m, t, shape);
  return product(right, t, { ...shape, transA: true });
}

/** Makes columns, stored as rows [BAND, m], upper triangular from row `below` on; v [BAND, m] are the reflections' vectors. */
function triangularise(columns: Float64Array, m: number, below: number): { v: Float64Array; taus: Float64Array } {
  const v = new Float64Array(BAND * m);
  const taus = new Float64Array(BAND);
  for (let t = 0; t < BAND && below + t < m - 1; t++) {
    const first = below + t;
    const own = v.subarray(t * m + first, (t + 1) * m);
    const column = columns.subarray(t * m + first, (t + 1) * m);
    const { beta, tau } = reflect(column, column.length, own);
    column.fill(0);
    column[0] = beta;
    taus[t] = tau;
    if (tau === 0) continue;
    for (let s = t + 1; s < BAND; s++) {
      const later = columns.subarray(s * m + first, (s + 1) * m);
      let dot = 0;
      for (let i = 0; i < own.length; i++) dot += own[i]! * later[i]!;
      dot *= tau;
      for (let i = 0; i < own.length; i++) later[i]! -= dot * own[i]!;
    }
  }
  return { v, taus };
}

/** T of H₁ H₂ ⋯ = I − V T Vᵀ from VᵀV and the reflections' factors (Schreiber and Van Loan 1989). */
function compactFactor(gram: Float64Array, taus: Float64Array): Float64Array {
  const t = new Float64Array(BAND * BAND);
  for (let c = 0; c < BAND; c++) {
    t[c * BAND + c] = taus[c]!;
    for (let r = 0; r < c; r++) {
      let sum = 0;
      for (let k = r; k < c; k++) sum += t[r * BAND + k]! * gram[k * BAND + c]!;
      t[r * BAND + c] = -taus[c]! * sum;
    }
  }
  return t;
}
