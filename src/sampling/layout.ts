import { checkGrids, type Grid, gridTokens } from "./grid.ts";

/** Where the tokens of every scale lie in one sequence: scale after scale, each grid row by row. */
export interface ScaleLayout {
  readonly grids: readonly Grid[];
  /** First position of scale i. */
  readonly begins: readonly number[];
  /** One past the last position of scale i. */
  readonly ends: readonly number[];
  /** Tokens of all scales, L. */
  readonly total: number;
}

/** Lays out a list of scales; the one source of every begin, end, total and mask. */
export function layoutScales(grids: readonly Grid[]): ScaleLayout {
  const checked = checkGrids(grids, "layoutScales");
  const begins: number[] = [];
  const ends: number[] = [];
  let total = 0;
  for (const grid of checked) {
    begins.push(total);
    total += gridTokens(grid);
    ends.push(total);
  }
  return { grids: checked, begins, ends, total };
}

/**
 * Block-causal mask of training (paper, section 3.3) as an additive bias, 0 where attention is allowed: a token sees its whole
 * scale and every earlier one.
 * @param blocked elsewhere; finite by default, since exp underflows to exactly 0 there and no kernel meets an infinity.
 * @returns [L, L] row-major (row = query, column = key).
 */
export function blockCausalBias(layout: ScaleLayout, blocked = -1e9): Float32Array {
  const { total } = layout;
  const bias = new Float32Array(total * total).fill(blocked);
  layout.ends.forEach((end, scale) => {
    for (let row = layout.begins[scale]!; row < end; row++) bias.fill(0, row * total, row * total + end);
  });
  return bias;
}
