/** Batches of token sequences for the transformer: the inputs of every pass over them, and their values. */
import { input } from "../engine/index.ts";
import type { TeacherForcing, TransformerConfig } from "../models/index.ts";
import { positionPool } from "../pipelines/index.ts";
import type { Runtime, Value } from "../runtime/index.ts";
import { blockCausalBias, type Grid, gridTokens, layoutScales } from "../sampling/index.ts";
import { writeTeacherCodes } from "./teacher.ts";
import type { TokenCache } from "./token-cache.ts";

/**
 * `classIds` [B], with further conditions `added` [B, conditions], `codes` [B, L − 1, Z], `pool` [L, S²], `bias` [L, L], and with stochastic depth `keep` [depth, B, 1, 1].
 * `sequenceMaker` makes their values.
 */
export function sequenceInputs(config: TransformerConfig, dropPath: boolean): TeacherForcing {
  const { conditions = 0 } = config;
  return {
    classIds: input("classIds", "int64", ["B"]),
    ...(conditions > 0 ? { added: input("added", "float32", ["B", conditions]) } : {}),
    codes: codesInput("codes", config),
    pool: input("pool", "float32", ["L", config.positionSide ** 2]),
    bias: input("bias", "float32", ["L", "L"]),
    ...(dropPath ? { keep: input("keep", "float32", [config.depth, "B", 1, 1]) } : {}),
  };
}

/** Codes of each scale resized to the next [B, L − 1, Z]. */
export const codesInput = (name: string, { codeDim }: TransformerConfig) =>
  input(name, "float32", ["B", "L-1", codeDim]);

/** One sequence: a picture in one of its cached forms, and the class it is shown with. */
export interface SequenceRow {
  readonly picture: number;
  readonly copy: number;
  readonly classId: number;
  /** Further conditions that the model is told, as rows after "no class", each of weight 1. */
  readonly added?: readonly number[];
}

/**
 * Makes a transformer's feeds; keeps the position pooling of grids it has met. `codes` [V, Z] are the tokenizer's codes at unit length; `conditions` are the
 * rows after "no class" of the model's class table.
 */
export function sequenceMaker(
  runtime: Runtime,
  cache: TokenCache,
  codes: Float32Array,
  Z: number,
  positionSide: number,
  conditions = 0,
) {
  const pools = new Map<string, Float32Array>();
  const poolOf = (grid: Grid): Float32Array => {
    const key = grid.join("x");
    const rows = pools.get(key) ?? positionPool(positionSide, grid);
    pools.set(key, rows);
    return rows;
  };
  return {
    /** `corrupt` changes the tokens that the next scale's inputs are made of; targets stay true. */
    feeds(
      grids: readonly Grid[],
      rows: readonly SequenceRow[],
      corrupt = (tokens: Int32Array): Int32Array => tokens,
    ): Record<string, Value> {
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

export type SequenceMaker = ReturnType<typeof sequenceMaker>;

/** Means of a per-position array [L] over each grid. */
export function meansPerGrid(perPosition: Float32Array, grids: readonly Grid[]): number[] {
  const { begins, ends } = layoutScales(grids);
  return grids.map((grid, i) => {
    let sum = 0;
    for (let at = begins[i]!; at < ends[i]!; at++) sum += perPosition[at]!;
    return sum / gridTokens(grid);
  });
}
