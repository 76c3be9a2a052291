/** Host side of teacher forcing: the transformer's inputs from a picture's own tokens (arXiv 2502.20313, section 3.3). */
import { bicubicMatrix, resizeSeparable } from "../image/index.ts";
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

function resizeCodes(
  codes: Float32Array,
  Z: number,
  tokens: Int32Array,
  [h, w]: Grid,
  [h2, w2]: Grid,
  out: Float32Array,
  at: number,
): void {
  const [from, to] = [h * w, h2 * w2];
  const planes = new Float32Array(Z * from);
  for (let i = 0; i < from; i++) for (let z = 0; z < Z; z++) planes[z * from + i] = codes[tokens[i]! * Z + z]!;
  const resized = resizeSeparable(planes, bicubicMatrix(h, h2), bicubicMatrix(w, w2));
  for (let i = 0; i < to; i++) for (let z = 0; z < Z; z++) out[at + i * Z + z] = resized[z * to + i]!;
}
