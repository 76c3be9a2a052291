/** Host side of teacher forcing: the transformer's inputs from a picture's own tokens (arXiv 2502.20313, section 3.3). */
import { bicubicMatrix, type ResizeMatrix } from "../image/index.ts";
import { type Grid, gridTokens } from "../sampling/index.ts";

/**
 * Codes of each scale resized bicubically to the next: rows [L − l₁, Z] of one picture, written at `at` of `out`.
 * `codes` [V, Z] have unit length; `tokens[i]` are the ids of grid i.
 */
export function writeTeacherCodes(
  codes: Float32Array,
  Z: number,
  grids: readonly Grid[],
  tokens: readonly Int32Array[],
  out: Float32Array,
  at: number,
): void {
  let target = at;
  for (let i = 1; i < grids.length; i++) {
    const [from, to] = [grids[i - 1]!, grids[i]!];
    resizeCodes(codes, Z, tokens[i - 1]!, from, to, out, target);
    target += gridTokens(to) * Z;
  }
}

/** A row of a resize matrix: its first non-zero column and the weights from there. */
interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

function tapsOf(matrix: ResizeMatrix): Taps[] {
  return Array.from({ length: matrix.out }, (_, i): Taps => {
    const row = Array.from(matrix.data.subarray(i * matrix.in, (i + 1) * matrix.in));
    const first = row.findIndex((weight) => weight !== 0);
    const last = row.findLastIndex((weight) => weight !== 0);
    return { first, weights: row.slice(first, last + 1) };
  });
}

function resizeCodes(
  codes: Float32Array,
  Z: number,
  tokens: Int32Array,
  [h, w]: Grid,
  [h2, w2]: Grid,
  out: Float32Array,
  at: number,
): void {
  const across = tapsOf(bicubicMatrix(w, w2));
  const down = tapsOf(bicubicMatrix(h, h2));
  const wide = new Float64Array(h * w2 * Z);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w2; x++) {
      const { first, weights } = across[x]!;
      const to = (y * w2 + x) * Z;
      for (let k = 0; k < weights.length; k++) {
        const code = tokens[y * w + first + k]! * Z;
        for (let z = 0; z < Z; z++) wide[to + z]! += weights[k]! * codes[code + z]!;
      }
    }
  const row = w2 * Z;
  const sum = new Float64Array(row);
  for (let y = 0; y < h2; y++) {
    const { first, weights } = down[y]!;
    sum.fill(0);
    for (let k = 0; k < weights.length; k++) {
      const from = (first + k) * row;
      for (let i = 0; i < row; i++) sum[i]! += weights[k]! * wide[from + i]!;
    }
    out.set(sum, at + y * row);
  }
}
