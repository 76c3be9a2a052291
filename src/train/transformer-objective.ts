/** The transformer's training loss: teacher forcing under the block-causal mask (flexvar.md section 3). */
import { input, ops, type Tensor } from "../engine/index.ts";
import { type TransformerConfig, teacherForced } from "../models/index.ts";
import type { Params } from "../nn/index.ts";
import { crossEntropy, crossEntropyPerPosition } from "./objectives.ts";

export interface TransformerObjective {
  /** Mean cross-entropy with label smoothing, rank 0. */
  readonly loss: Tensor;
  /** Mean cross-entropy without smoothing at every position [1, L]. */
  readonly perPosition: Tensor;
}

/**
 * The loss of token sequences. Inputs: `classIds` [B], `codes` [B, L−1, Z], `pool` [L, S²], `bias` [L, L], `targets` [B, L], and
 * with stochastic depth `keep` [depth, B, 1, 1].
 */
export function transformerObjective(
  p: Params,
  config: TransformerConfig,
  { labelSmoothing, dropPath }: { readonly labelSmoothing: number; readonly dropPath: boolean },
): TransformerObjective {
  const { logits } = teacherForced(p, config, {
    classIds: input("classIds", "int64", ["B"]),
    codes: input("codes", "float32", ["B", "L-1", config.codeDim]),
    pool: input("pool", "float32", ["L", config.positionSide ** 2]),
    bias: input("bias", "float32", ["L", "L"]),
    ...(dropPath ? { keep: input("keep", "float32", [config.depth, "B", 1, 1]) } : {}),
  });
  const targets = input("targets", "int64", ["B", "L"]);
  return {
    loss: crossEntropy(logits, targets, labelSmoothing),
    perPosition: ops.reduceMean(crossEntropyPerPosition(logits, targets), [0]),
  };
}
