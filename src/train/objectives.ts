/** Training losses as graph. */
import { dim, ops, type Tensor } from "../engine/index.ts";

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
