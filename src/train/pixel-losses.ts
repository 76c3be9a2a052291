/** Differences between two pictures [B, 3, H, W] as graph, rank 0. */
import { type Dim, floorDivDim, ops, type Tensor } from "../engine/index.ts";

const { abs, add, div, extent, log, mean, mul, reduceMean, reshape, slice, sub, sum } = ops;

/** Mean squared difference. */
export function meanSquared(a: Tensor, b: Tensor): Tensor {
  const d = sub(a, b);
  return mean(mul(d, d));
}

/** Mean squared difference at which `meanLogSquared` stops asking for more: 41 dB. */
export const LOG_FLOOR = 3e-4;

/**
 * Mean over pictures of ln(1 + mean squared difference / `LOG_FLOOR`). Where differences are well above the floor this is,
 * but for a constant, the mean peak signal-to-noise ratio in units of −10/ln 10 dB, so that a picture with little error weighs
 * as much as one with a lot. Never negative.
 */
export function meanLogSquared(a: Tensor, b: Tensor): Tensor {
  const d = sub(a, b);
  return mean(log(add(mul(reduceMean(mul(d, d), [1, 2, 3]), 1 / LOG_FLOOR), 1)));
}

/** Mean absolute difference. */
export function meanAbsolute(a: Tensor, b: Tensor): Tensor {
  return mean(abs(sub(a, b)));
}

/** Differences of neighbours along an axis. */
function steps(x: Tensor, axis: number): Tensor {
  return sub(slice(x, axis, 1), slice(x, axis, 0, -1));
}

/** Means of 2×2 pixels. */
function halve(x: Tensor): Tensor {
  const [B, C, H, W] = x.shape as [Dim, Dim, Dim, Dim];
  const [h, w] = [floorDivDim(H, 2), floorDivDim(W, 2)];
  return reshape(reduceMean(reshape(x, [B, C, h, 2, w, 2]), [3, 5]), [B, C, h, w]);
}

/**
 * Absolute difference of the pictures' horizontal and vertical gradients, summed over `levels` halvings and divided by
 * the pixels of each level: asks for edges where the target has edges, at little cost. It stands in for a perceptual
 * loss where no VGG weights are given. Sides must be multiples of 2^(levels − 1).
 */
export function gradientDifference(a: Tensor, b: Tensor, levels: number): Tensor {
  let d = sub(a, b);
  const parts: Tensor[] = [];
  for (let level = 0; level < levels; level++) {
    if (level > 0) d = halve(d);
    const total = add(sum(abs(steps(d, 2))), sum(abs(steps(d, 3))));
    parts.push(div(total, extent(d.shape)));
  }
  if (parts.length === 0) throw new Error(`gradientDifference: expected at least one level, got ${levels}`);
  return parts.reduce((a, b) => add(a, b));
}
