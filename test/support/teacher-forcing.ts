/** Inputs of a teacher-forced pass over a list of grids. */
import { input, type Tensor } from "../../src/engine/index.ts";
import type { TeacherForcing, TransformerConfig } from "../../src/models/index.ts";
import { positionPool } from "../../src/pipelines/index.ts";
import type { Runtime, Value } from "../../src/runtime/index.ts";
import { blockCausalBias, type Grid, layoutScales } from "../../src/sampling/index.ts";

/** Graph inputs `class_ids`, `codes`, `pool` and `bias` of lists whose first grid has `firstTokens` cells. */
export function teacherInputs({ codeDim, positionSide }: TransformerConfig, firstTokens = 1): TeacherForcing {
  const floats = (name: string, shape: readonly (number | string)[]): Tensor => input(name, "float32", shape);
  return {
    classIds: input("class_ids", "int64", ["B"]),
    codes: floats("codes", ["B", `L-${firstTokens}`, codeDim]),
    firstTokens,
    pool: floats("pool", ["L", positionSide ** 2]),
    bias: floats("bias", ["L", "L"]),
  };
}

/** Values of `teacherInputs`; `codes` [B, L − F, Z]. */
export function teacherFeeds(
  runtime: Runtime,
  { codeDim, positionSide }: TransformerConfig,
  classIds: readonly number[],
  grids: readonly Grid[],
  codes: Float32Array,
): Record<string, Value> {
  const layout = layoutScales(grids);
  const L = layout.total;
  const cells = positionSide ** 2;
  const pool = new Float32Array(L * cells);
  grids.forEach((grid, i) => {
    pool.set(positionPool(positionSide, grid), layout.begins[i]! * cells);
  });
  return {
    class_ids: runtime.ints(classIds, [classIds.length]),
    codes: runtime.floats(codes, [classIds.length, L - layout.ends[0]!, codeDim]),
    pool: runtime.floats(pool, [L, cells]),
    bias: runtime.floats(blockCausalBias(layout), [L, L]),
  };
}

/** Square grids of a name such as `1_2_3_4`. */
export const gridsOf = (list: string): Grid[] => list.split("_").map((side): Grid => [Number(side), Number(side)]);
