/** Batches of token sequences for the transformer. */

import { positionPool } from "../pipelines/index.ts";
import type { Runtime, Value } from "../runtime/index.ts";
import { blockCausalBias, type Grid, gridTokens, layoutScales } from "../sampling/index.ts";
import { writeTeacherCodes } from "./teacher.ts";
import type { TokenCache } from "./token-cache.ts";

/** One sequence: a picture in one of its cached forms, and the class it is shown with. */
export interface SequenceRow {
  readonly picture: number;
  readonly copy: number;
  readonly classId: number;
  /** Further conditions that the model is told, as rows after "no class", each of weight 1. */
  readonly added?: readonly number[];
}

/** What is fed in place of a scale's true tokens. */
type Corrupt = (tokens: Int32Array) => Int32Array;

/** Makes a transformer's feeds; keeps the position pooling of grids it has met. */
export interface SequenceMaker {
  /** `corrupt` changes the tokens that the next scale's inputs are made of; targets stay true. */
  feeds(grids: readonly Grid[], rows: readonly SequenceRow[], corrupt?: Corrupt): Record<string, Value>;
}

/** `codes` [V, Z] are the tokenizer's codes at unit length; `conditions` are the rows after "no class" of the model's class table. */
export function sequenceMaker(
  runtime: Runtime,
  cache: TokenCache,
  codes: Float32Array,
  Z: number,
  positionSide: number,
  conditions = 0,
): SequenceMaker {
  const pools = new Map<string, Float32Array>();
  const poolOf = (grid: Grid): Float32Array => {
    const key = grid.join("x");
    const rows = pools.get(key) ?? positionPool(positionSide, grid);
    pools.set(key, rows);
    return rows;
  };
  return {
    feeds(grids, rows, corrupt = (tokens) => tokens) {
      const layout = layoutScales(grids);
      const L = layout.total;
      const S2 = positionSide ** 2;
      const B = rows.length;
      const pool = new Float32Array(L * S2);
      grids.forEach((grid, i) => {
        pool.set(poolOf(grid), layout.begins[i]! * S2);
      });
      const inputs = new Float32Array(B * (L - 1) * Z);
      const targets = new Int32Array(B * L);
      rows.forEach(({ picture, copy }, row) => {
        const tokens = grids.map(([h]) => cache.tokens(h, picture, copy));
        tokens.forEach((ids, i) => {
          targets.set(ids, row * L + layout.begins[i]!);
        });
        writeTeacherCodes(codes, Z, grids, tokens.map(corrupt), inputs, row * (L - 1) * Z);
      });
      const added = new Float32Array(B * conditions);
      rows.forEach((row, at) => {
        for (const condition of row.added ?? []) added[at * conditions + condition] = 1;
      });
      return {
        classIds: runtime.ints(
          Int32Array.from(rows, ({ classId }) => classId),
          [B],
        ),
        ...(conditions > 0 && { added: runtime.floats(added, [B, conditions]) }),
        codes: runtime.floats(inputs, [B, L - 1, Z]),
        pool: runtime.floats(pool, [L, S2]),
        bias: runtime.floats(blockCausalBias(layout), [L, L]),
        targets: runtime.ints(targets, [B, L]),
      };
    },
  };
}

/** Means of a per-position array [L] over each grid. */
export function meansPerGrid(perPosition: Float32Array, grids: readonly Grid[]): number[] {
  const { begins, ends } = layoutScales(grids);
  return grids.map((grid, i) => {
    let sum = 0;
    for (let at = begins[i]!; at < ends[i]!; at++) sum += perPosition[at]!;
    return sum / gridTokens(grid);
  });
}
