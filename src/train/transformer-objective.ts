/** The transformer's training loss: teacher forcing under the block-causal mask (arXiv 2502.20313, section 3.3). */
import { dim, input, ops, type Tensor } from "../engine/index.ts";
import { type TransformerConfig, teacherForced } from "../models/index.ts";
import type { Params } from "../nn/index.ts";
import { consistencyLoss } from "./refinement.ts";
import { codesInput, sequenceInputs } from "./sequences.ts";

const { add, gatherElements, logSoftmax, mean, mul, neg, reduceMean, reshape } = ops;

/**
 * Cross-entropy of logits [B, L, V] against token ids [B, L], for each position [B, L]:
 * (1 − s)·(−log p[target]) + s·mean over V of (−log p), with label smoothing s (Szegedy et al., arXiv 1512.00567).
 */
export function crossEntropyPerPosition(logits_BLV: Tensor, targets_BL: Tensor, labelSmoothing = 0): Tensor {
  const logp = logSoftmax(logits_BLV);
  const [B, L] = [dim(targets_BL, 0), dim(targets_BL, 1)];
  const target = reshape(gatherElements(logp, reshape(targets_BL, [B, L, 1]), 2), [B, L]);
  if (labelSmoothing === 0) return neg(target);
  const uniform = reshape(reduceMean(logp, [2]), [B, L]);
  return neg(add(mul(target, 1 - labelSmoothing), mul(uniform, labelSmoothing)));
}

/** Mean cross-entropy over all positions and pictures, rank 0. */
export function crossEntropy(logits_BLV: Tensor, targets_BL: Tensor, labelSmoothing = 0): Tensor {
  return mean(crossEntropyPerPosition(logits_BLV, targets_BL, labelSmoothing));
}

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
  const perPosition = reduceMean(crossEntropyPerPosition(logits, targets), [0]);
  if (weight === undefined) return { loss, perPosition };
  const second = teacherForced(p, config, { ...inputs, codes: codesInput("ownCodes", config) });
  const consistency = consistencyLoss(logits, second.logits);
  return { loss: add(loss, mul(consistency, weight)), perPosition, consistency };
}
