import { BAND, type Band, placeOf } from "./band.ts";
import { reflect } from "./reflection.ts";

/** Numbers from an element to the one below it in a band's rows. */
const DOWN = 2 * BAND - 1;

/**
 * Band to tridiagonal with the same eigenvalues (Murata and Horikoshi 1975; Lang, "A parallel algorithm for reducing symmetric banded matrices to
 * tridiagonal form", 1993): a reflection clears a column below its second element; what it fills BAND rows further down is cleared in
 * its first column by another, and so on to the end. Both diagonals have [n]: below[i] stands in row i + 1 left of the main one; the
 * last is 0.
 * @param band is used up
 */
export function tridiagonalOf({ n, rows }: Band): { diagonal: Float64Array; below: Float64Array } {
  const diagonal = new Float64Array(n);
  const below = new Float64Array(n);
  const step = new Step(rows);
  for (let s = 0; s < n; s++) {
    diagonal[s] = rows[placeOf(s, s)]!;
    if (s === n - 1) break;
    const length = Math.min(BAND, n - 1 - s);
    below[s] = step.begin(s, length);
    for (let r = s + 1, m = length; ; ) {
      step.turnSquare(r, m);
      const next = Math.min(BAND, n - r - m);
      if (next <= 0) break;
      step.turnBulge(r, m, next);
      r += m;
      m = next;
    }
  }
  return { diagonal, below };
}

/** The reflection of the moment and its work on a band's rows. */
class Step {
  private v = new Float64Array(BAND);
  private w = new Float64Array(BAND);
  private tau = 0;
  private readonly column = new Float64Array(BAND);
  private readonly dots = new Float64Array(BAND);

  constructor(private readonly rows: Float64Array) {}

  /** Clears column s below its second element, which it gives. */
  begin(s: number, length: number): number {
    const { rows, column } = this;
    for (let i = 0, at = placeOf(s + 1, s); i < length; i++, at += DOWN) column[i] = rows[at]!;
    const { beta, tau } = reflect(column, length, this.v);
    this.tau = tau;
    return beta;
  }

  /** H D H for the square from row and column r on: D − v qᵀ − q vᵀ with q = τ (D v − ½ τ (vᵀ D v) v). */
  turnSquare(r: number, m: number): void {
    const { rows, v, tau, dots } = this;
    if (tau === 0) return;
    for (let i = 0, row = placeOf(r, r); i < m; i++, row += DOWN) {
      const x = v[i]!;
      let sum = rows[row + i]! * x;
      for (let j = 0; j < i; j++) {
        const value = rows[row + j]!;
        sum += value * v[j]!;
        dots[j]! += value * x;
      }
      dots[i] = sum;
    }
    let part = 0;
    for (let i = 0; i < m; i++) part += dots[i]! * v[i]!;
    const shift = (tau * part) / 2;
    for (let i = 0; i < m; i++) dots[i] = tau * (dots[i]! - shift * v[i]!);
    for (let i = 0, row = placeOf(r, r); i < m; i++, row += DOWN) {
      const [x, q] = [v[i]!, dots[i]!];
      for (let j = 0; j <= i; j++) rows[row + j]! -= x * dots[j]! + q * v[j]!;
    }
  }

  /** The block of `next` rows below that square: H from the right, and a new reflection from the left that clears its first column. */
  turnBulge(r: number, m: number, next: number): void {
    const { rows, v, w, tau, column, dots } = this;
    const begin = placeOf(r + m, r);
    for (let i = 0, row = begin; i < next; i++, row += DOWN) {
      let sum = 0;
      for (let j = 0; j < m; j++) sum += rows[row + j]! * v[j]!;
      dots[i] = tau * sum;
      column[i] = rows[row]! - tau * sum;
    }
    const { beta, tau: tauNext } = reflect(column, next, w);
    // z = wᵀ (B − d vᵀ), and B − d vᵀ − w zᵀ, in the place of the column.
    let part = 0;
    for (let i = 0; i < next; i++) part += w[i]! * dots[i]!;
    const z = column;
    for (let j = 0; j < m; j++) z[j] = -part * v[j]!;
    for (let i = 0, row = begin; i < next; i++, row += DOWN) {
      const x = w[i]!;
      for (let j = 0; j < m; j++) z[j]! += x * rows[row + j]!;
    }
    for (let i = 0, row = begin; i < next; i++, row += DOWN) {
      const [x, d] = [tauNext * w[i]!, dots[i]!];
      rows[row] = 0;
      for (let j = 1; j < m; j++) rows[row + j]! -= d * v[j]! + x * z[j]!;
    }
    rows[begin] = beta;
    this.v = w;
    this.w = v;
    this.tau = tauNext;
  }
}
