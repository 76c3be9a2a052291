/** Stops a run whose loss is no number or grows. */
import { ExpectedError } from "../errors/index.ts";
import type { StepReport } from "./run.ts";

/** How the loss of a run goes. */
export interface LossWatch {
  readonly step: number;
  readonly saved: number;
  /** Moving mean of the loss and the least it has been. */
  meanLoss: number | undefined;
  leastLoss: number;
}

/** Share of the past in the moving mean of the loss, and the steps before divergence is judged. */
const MEMORY = 0.95;
const PATIENCE = 100;

/** Takes note of a step's loss. @throws Error for one that is not finite, or whose mean is more than `divergence` times its least. */
export function watchLoss(watch: LossWatch, { loss, gradNorm, lr }: StepReport, divergence: number): void {
  const { step, saved, meanLoss } = watch;
  const whole =
    saved === 0
      ? "there is no checkpoint yet; start again"
      : `the checkpoint of step ${saved} is whole; resume from it`;
  const advice = `${whole} with a lower learning rate (it was ${lr.toPrecision(3)})`;
  if (!Number.isFinite(loss) || !Number.isFinite(gradNorm))
    throw new ExpectedError(
      `training: expected a finite loss and gradient, got loss ${loss}, gradient norm ${gradNorm} in step ${step}; ${advice}`,
    );
  const mean = meanLoss === undefined ? loss : MEMORY * meanLoss + (1 - MEMORY) * loss;
  watch.meanLoss = mean;
  watch.leastLoss = Math.min(watch.leastLoss, mean);
  if (step > PATIENCE && mean > divergence * watch.leastLoss)
    throw new ExpectedError(
      `training: expected a loss near its least mean ${watch.leastLoss.toPrecision(4)}, got a mean of ${mean.toPrecision(4)} by step ${step}: it diverged; ${advice}`,
    );
}
