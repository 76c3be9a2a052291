/** A short training run in memory: what the runs of a comparison share. */
import type { Tensor } from "../engine/index.ts";
import type { ParamDecl, Params } from "../nn/index.ts";
import type { Runtime, Value } from "../runtime/index.ts";
import {
  adamWScalarValues,
  emaDecayAt,
  learningRate,
  type NamedArray,
  openStore,
  paperAdamW,
  slotsOf,
  stepProgram,
} from "../train/index.ts";

export interface ShortRun {
  readonly steps: number;
  readonly peakLr: number;
  /** Parameters that keep their start values. */
  readonly frozen?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

export interface ShortResult {
  /** Moving averages of the parameters at the end. */
  readonly arrays: ReadonlyMap<string, NamedArray>;
  /** Mean loss of the last tenth of the steps. */
  readonly loss: number;
}

/**
 * AdamW with the paper's betas, warm-up over a twentieth, cosine to a twentieth of the peak from the middle on, gradients clipped at
 * 2, average of decay 0.99. `feeds` gives a step's inputs.
 */
export async function trainShortly(
  runtime: Runtime,
  decls: readonly ParamDecl[],
  p: Params,
  loss: Tensor,
  start: ReadonlyMap<string, Float32Array>,
  { steps, peakLr, frozen = [], signal }: ShortRun,
  feeds: (step: number) => Record<string, Value>,
): Promise<ShortResult> {
  const options = { adamW: paperAdamW, clip: 2, ema: true };
  const slots = openStore(runtime, decls, slotsOf(options), start);
  const session = await runtime.open(stepProgram("short_run", decls, p, loss, {}, options));
  const scalar = (value: number): Value => runtime.floats(Float32Array.of(value), []);
  const rate = {
    peakLr,
    steps,
    warmupSteps: Math.ceil(steps / 20),
    warmupStart: 0.05,
    holdShare: 0.45,
    finalShare: 0.05,
    shape: "cosine" as const,
  };
  const losses: number[] = [];
  try {
    for (let step = 1; step <= steps; step++) {
      signal?.throwIfAborted();
      const adam = adamWScalarValues(step, learningRate(step, rate), paperAdamW);
      const result = await session.run(
        {
          ...slots.feeds(),
          ...feeds(step),
          lr: scalar(adam.lr),
          correction1: scalar(adam.correction1),
          correction2: scalar(adam.correction2),
          emaDecay: scalar(emaDecayAt(step, 0.99)),
        },
        { ...slots.fetches(), loss: null },
      );
      const value = (result.loss!.data as Float32Array)[0]!;
      if (!Number.isFinite(value)) throw new Error(`ablation: expected a finite loss, got ${value} at step ${step}`);
      losses.push(value);
      slots.advance(result);
      for (const name of frozen)
        for (const slot of ["param", "ema"] as const) slots.array(slot, name).set(start.get(name)!);
    }
  } finally {
    await session.dispose();
  }
  const last = losses.slice(-Math.max(1, Math.floor(steps / 10)));
  const arrays = new Map(
    [...(await slots.values())].map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]),
  );
  return { arrays, loss: last.reduce((a, b) => a + b, 0) / last.length };
}
