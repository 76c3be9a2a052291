/** A short training run in memory: what the runs of a comparison share. */
import type { Tensor } from "../../src/engine/index.ts";
import type { ParamDecl, Params } from "../../src/nn/index.ts";
import type { Runtime, Value, Weights } from "../../src/runtime/index.ts";
import {
  type NamedArray,
  openStore,
  optimizerStep,
  paperAdamW,
  slotsOf,
  stepOptionsOf,
  stepProgram,
} from "../../src/train/index.ts";

export interface ShortRun {
  readonly steps: number;
  readonly peakLr: number;
  /** Parameters that keep their start values. */
  readonly frozen?: readonly string[];
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
  { steps, peakLr, frozen = [] }: ShortRun,
  feeds: (step: number) => Record<string, Value>,
): Promise<ShortResult> {
  const optimizer = {
    ...paperAdamW,
    peakLr,
    steps,
    warmupSteps: Math.ceil(steps / 20),
    warmupStart: 0.05,
    holdShare: 0.45,
    finalShare: 0.05,
    shape: "cosine" as const,
    clip: 2,
    emaDecay: 0.99,
  };
  const options = stepOptionsOf(optimizer);
  const slots = openStore(runtime, decls, slotsOf(options), start);
  const session = await runtime.open(stepProgram("short_run", decls, p, loss, {}, options));
  const losses: number[] = [];
  try {
    for (let step = 1; step <= steps; step++) {
      const { loss: value } = await optimizerStep(runtime, session, [slots], optimizer, step, feeds(step));
      if (!Number.isFinite(value)) throw new Error(`ablation: expected a finite loss, got ${value} at step ${step}`);
      losses.push(value);
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

/** Trained arrays as weights of a session. */
export const memoryWeights = (arrays: ShortResult["arrays"]): Weights =>
  new Map([...arrays].map(([name, { data }]) => [name, { kind: "memory", data }]));
