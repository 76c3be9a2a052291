/** AdamW (Loshchilov & Hutter, arXiv 1711.05101) and gradient clipping as graph. */
import { input, ops, type Tensor } from "../engine/index.ts";
import type { OptimizerSettings } from "./config.ts";

const { add, div, max, min, mul, reciprocal, reshape, scalar, sqrt, sub, sum } = ops;

export type AdamWOptions = Pick<OptimizerSettings, "beta1" | "beta2" | "epsilon" | "weightDecay">;

/** The paper's: betas 0.9 and 0.95, weight decay 0.05 (arXiv 2502.20313, section 4.1). */
export const paperAdamW: AdamWOptions = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.05 };

/** Per-step scalars that the host feeds. */
export interface AdamWScalars {
  /** Learning rate. */
  readonly lr: Tensor;
  /** 1 − beta1^t and 1 − beta2^t at step t, counted from 1. */
  readonly correction1: Tensor;
  readonly correction2: Tensor;
  /** Factor on the gradient, which clips it; 1 where there is none. */
  readonly clip?: Tensor;
}

export function adamWScalars(): AdamWScalars {
  return {
    lr: input("lr", "float32", []),
    correction1: input("correction1", "float32", []),
    correction2: input("correction2", "float32", []),
  };
}

/** Values of `AdamWScalars` for step `t` (from 1). */
export function adamWScalarValues(
  t: number,
  lr: number,
  { beta1, beta2 }: AdamWOptions,
): Record<Exclude<keyof AdamWScalars, "clip">, number> {
  return { lr, correction1: 1 - beta1 ** t, correction2: 1 - beta2 ** t };
}

/** First and second moment of one parameter. */
export interface Moments {
  readonly m: Tensor;
  readonly v: Tensor;
}

/** One parameter's update from its gradient. */
export function adamWUpdate(
  param: Tensor,
  grad: Tensor,
  moments: Moments,
  decay: boolean,
  { lr, correction1, correction2, clip = scalar(1) }: AdamWScalars,
  { beta1, beta2, epsilon, weightDecay }: AdamWOptions,
): Moments & { readonly param: Tensor } {
  // The clipping is part of the factors: one pass over the gradients less.
  const m = add(mul(moments.m, beta1), mul(grad, mul(clip, 1 - beta1)));
  const v = add(mul(moments.v, beta2), mul(mul(grad, grad), mul(mul(clip, clip), 1 - beta2)));
  // lr·(m/c1) / (sqrt(v/c2) + eps), the scalars folded: fewer passes over the parameters.
  const rate = div(mul(lr, sqrt(correction2)), correction1);
  const step = div(mul(m, rate), add(sqrt(v), mul(sqrt(correction2), epsilon)));
  const kept = decay && weightDecay > 0 ? mul(param, sub(1, mul(lr, weightDecay))) : param;
  return { param: sub(kept, step), m, v };
}

/** Global L2 norm of all gradients, rank 0. */
export function globalNorm(grads: readonly Tensor[]): Tensor {
  return sqrt(grads.map((g) => reshape(sum(mul(g, g)), [])).reduce((a, b) => add(a, b)));
}

/** Factor that brings gradients of this norm down to `most`: min(1, most / (norm + 1e-6)), as PyTorch clips. */
export function clipFactor(norm: Tensor, most: number): Tensor {
  return min(mul(reciprocal(max(add(norm, 1e-6), 1e-12)), most), 1);
}
