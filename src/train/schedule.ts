/** Learning rate of a step and decay of the parameters' moving average. */

import type { OptimizerSettings } from "./config.ts";

type LearningRate = Pick<
  OptimizerSettings,
  "peakLr" | "warmupSteps" | "warmupStart" | "holdShare" | "finalShare" | "shape" | "steps"
>;

/** Warm-up, hold and fall (the authors' code: linear to 0.1). `step` counts from 1. */
export function learningRate(step: number, rate: LearningRate): number {
  const { peakLr: peak, warmupSteps, warmupStart, finalShare, steps } = rate;
  if (step <= warmupSteps) return peak * (warmupStart + (1 - warmupStart) * (step / warmupSteps));
  const fallFrom = warmupSteps + Math.round(rate.holdShare * steps);
  if (rate.shape === "constant" || step <= fallFrom) return peak;
  const progress = Math.min(1, (step - fallFrom) / Math.max(1, steps - fallFrom));
  const left = rate.shape === "linear" ? 1 - progress : 0.5 * (1 + Math.cos(Math.PI * progress));
  return peak * (finalShare + (1 - finalShare) * left);
}

/** Decay of the moving average at a step (from 1): short at first, so that start values do not linger. */
export function emaDecayAt(step: number, decay: number): number {
  return Math.min(decay, (1 + step) / (10 + step));
}
