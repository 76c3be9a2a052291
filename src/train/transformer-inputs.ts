/** The inputs that every pass over whole token sequences shares. */
import { input } from "../engine/index.ts";
import type { TeacherForcing, TransformerConfig } from "../models/index.ts";

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
