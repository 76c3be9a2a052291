/** The transformer's training loss: teacher forcing under the block-causal mask (arXiv 2502.20313, section 3.3). */
import { input, ops, type Tensor } from "../engine/index.ts";
import { type TransformerConfig, teacherForced } from "../models/index.ts";
import type { Params } from "../nn/index.ts";
import { crossEntropy, crossEntropyPerPosition } from "./objectives.ts";
import { consistencyLoss } from "./refinement.ts";
import { codesInput, sequenceInputs } from "./transformer-inputs.ts";

export interface TransformerObjective {
  /** Mean cross-entropy with label smoothing; with refinement its weighted consistency is added. Rank 0. */
  readonly loss: Tensor;
  /** Mean cross-entropy without smoothing at every position [1, L]. */
  readonly perPosition: Tensor;
  /** Refinement's consistency before its weight, rank 0. */
  readonly consistency?: Tensor;
}

export interface TransformerObjectiveOptions {
  readonly labelSmoothing: number;
  readonly dropPath: boolean;
  /** Weight of the consistency of a second pass on the model's own predictions; left out: no second pass. */
  readonly consistency?: number;
}

/**
 * The loss of token sequences. Inputs: `sequenceInputs`, `targets` [B, L], and with `consistency` the second pass's codes
 * `ownCodes` [B, L − 1, Z].
 */
export function transformerObjective(
  p: Params,
  config: TransformerConfig,
  { labelSmoothing, dropPath, consistency: weight }: TransformerObjectiveOptions,
): TransformerObjective {
  const inputs = sequenceInputs(config, dropPath);
  const { logits } = teacherForced(p, config, inputs);
  const targets = input("targets", "int64", ["B", "L"]);
  const loss = crossEntropy(logits, targets, labelSmoothing);
  const perPosition = ops.reduceMean(crossEntropyPerPosition(logits, targets), [0]);
  if (weight === undefined) return { loss, perPosition };
  const second = teacherForced(p, config, { ...inputs, codes: codesInput("ownCodes", config) });
  const consistency = consistencyLoss(logits, second.logits);
  return { loss: ops.add(loss, ops.mul(consistency, weight)), perPosition, consistency };
}
