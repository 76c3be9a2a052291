/** The optimiser's side of a step, which all trainees share: rates, state in, state out. */
import type { Runtime, Session } from "../runtime/index.ts";
import { adamWScalarValues } from "./adamw.ts";
import type { OptimizerSettings } from "./config.ts";
import { numberOf, type Values } from "./feeds.ts";
import { emaDecayAt, learningRate } from "./schedule.ts";
import type { StepOptions } from "./step.ts";
import type { StateStore } from "./store.ts";

export const stepOptionsOf = (optimizer: OptimizerSettings): StepOptions => ({
  adamW: optimizer,
  clip: optimizer.clip,
  ema: optimizer.emaDecay > 0,
});

export interface OptimizerStep {
  readonly loss: number;
  readonly gradNorm: number;
  readonly lr: number;
  /** Whether the state moved: loss and gradient are finite. */
  readonly taken: boolean;
  readonly outputs: Values;
}

/** Runs step `step` (from 1) of a `stepProgram` on the stores' state and takes its results as the new one where they are finite. */
export async function optimizerStep(
  runtime: Runtime,
  session: Session,
  stores: readonly StateStore[],
  optimizer: OptimizerSettings,
  step: number,
  feeds: Values,
): Promise<OptimizerStep> {
  const lr = learningRate(step, optimizer);
  const average = optimizer.emaDecay > 0 ? { emaDecay: emaDecayAt(step, optimizer.emaDecay) } : {};
  const rates = Object.entries({ ...adamWScalarValues(step, lr, optimizer), ...average });
  const scalars = rates.map(([name, value]) => [name, runtime.floats(Float32Array.of(value), [])] as const);
  const wanted = Object.keys(session.program.outputs).map((name) => [name, null] as const);
  const outputs = await session.run(
    Object.assign(Object.fromEntries(scalars), feeds, ...stores.map((store) => store.feeds())),
    Object.assign(Object.fromEntries(wanted), ...stores.map((store) => store.fetches())),
  );
  const [loss, gradNorm] = [numberOf(outputs, "loss"), numberOf(outputs, "gradNorm")];
  const taken = Number.isFinite(loss) && Number.isFinite(gradNorm);
  if (taken) for (const store of stores) store.advance(outputs);
  return { loss, gradNorm, lr, taken, outputs };
}
