/** What happens to a batch after its pictures were drawn: colours changed, pictures mixed, targets softened. */
import type { Batch } from "../data/index.ts";
import { dim, input, ops, type Tensor } from "../engine/index.ts";
import type { Random } from "../sampling/index.ts";
import type { NetworkClassifierTraining } from "./config.ts";

/**
 * Changes each picture's colours, then mixes every picture with the one after it in the batch: share m, drawn uniformly up to
 * `mixup`, of the next picture and of its target. Gives images [B, 3, H, W] in [−1, 1] and targets [B, K], probabilities.
 */
export function softBatch(
  batch: Batch,
  classes: number,
  options: NetworkClassifierTraining["regularisation"],
  random: Random,
) {
  const { count, labels } = batch;
  const size = batch.images.length / count;
  const coloured = Float32Array.from(batch.images);
  if (options.colour > 0) for (let i = 0; i < 3 * count; i++) recolour(coloured, i, size / 3, options.colour, random);
  const images = options.mixup > 0 ? new Float32Array(coloured.length) : coloured;
  const targets = new Float32Array(count * classes).fill(options.labelSmoothing / classes);
  for (let i = 0; i < count; i++) {
    const other = (i + 1) % count;
    const m = options.mixup > 0 ? random.uniform() * options.mixup : 0;
    const certain = 1 - options.labelSmoothing;
    targets[i * classes + labels[i]!]! += certain * (1 - m);
    targets[i * classes + labels[other]!]! += certain * m;
    if (options.mixup === 0) continue;
    const [from, next] = [i * size, other * size];
    for (let k = 0; k < size; k++) images[from + k] = (1 - m) * coloured[from + k]! + m * coloured[next + k]!;
  }
  return { images, targets };
}

/** Scales one plane's distance from white, so that a white background stays white. */
function recolour(images: Float32Array, plane: number, pixels: number, most: number, random: Random): void {
  const gain = 1 + (2 * random.uniform() - 1) * most;
  for (let k = plane * pixels; k < (plane + 1) * pixels; k++) images[k] = Math.max(-1, 1 - (1 - images[k]!) * gain);
}

/** Cross-entropy of logits [B, K] and the input `targets` [B, K] of probabilities: −Σ t·log p, mean over the batch, rank 0. */
export function softCrossEntropy(logits_BK: Tensor): Tensor {
  const targets = input("targets", "float32", [dim(logits_BK, 0), dim(logits_BK, 1)]);
  return ops.neg(ops.mean(ops.reduceSum(ops.mul(targets, ops.logSoftmax(logits_BK)), [1])));
}
