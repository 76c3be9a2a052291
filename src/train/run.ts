/**
 * The one loop of training. What is trained is a `Trainee`: a plain state with functions of it. `step` moves the parameters once and
 * tells its numbers; `evaluate` looks at held-out pictures, draws samples and leaves the model folder; `save` and `load` turn
 * everything that decides later steps into arrays and JSON and back, so that a resumed run equals the unbroken one bit for bit.
 *
 * All else is the loop's: after each step it watches the loss, logs every `logEvery` steps, evaluates every `evaluateEvery` ones,
 * which ends in a checkpoint, and keeps other checkpoints every `checkpointEvery`. A run ends after its last step or when its signal
 * is aborted, with a checkpoint either way; it begins by clearing what a killed one left half-written, and with the last checkpoint.
 *
 * Its trainees: `tokenizer-trainer.ts`, `transformer-trainer.ts`, and the classifier of `src/classifier/trainer.ts`.
 */

import { join } from "node:path";
import type { z } from "zod";
import { FileError } from "../errors/index.ts";
import { makeFolders, removeLeftovers, writeFileAtomic } from "../files/index.ts";
import { encodePng, type RgbImage } from "../image/index.ts";
import type { runSchema } from "./config.ts";
import { describeMeans, durationText, EVENTS_FOLDER, meansOf, openLog, round, type TrainLog } from "./log.ts";
import { type LossWatch, watchLoss } from "./loss-watch.ts";
import { configChanges, describeChanges } from "./resume.ts";
import { type Json, listStates, loadState, saveState, statePath, type TrainState } from "./state.ts";

export type RunSettings = Omit<z.infer<typeof runSchema>, "evaluatePictures" | "sheetPictures"> & {
  readonly steps: number;
};

/** Numbers of one step. */
export interface StepReport {
  readonly loss: number;
  readonly gradNorm: number;
  readonly lr: number;
  /** Pictures seen in this step. */
  readonly images: number;
  /** More numbers for the log; means are logged. */
  readonly parts: Readonly<Record<string, number>>;
  /** Steps that were done at once, of which the numbers are means; 1 where left out. */
  readonly steps?: number;
}

export interface EvaluationReport {
  /** The higher the better; decides which checkpoint is the best. */
  readonly score: number;
  readonly metrics: Readonly<Record<string, Json>>;
  /** One line for people. */
  readonly summary: string;
  /** Pictures for `sheets/step-N.png`. */
  readonly sheet?: RgbImage;
  /** More sheets by name: `sheets/step-N-NAME.png`. */
  readonly sheets?: Readonly<Record<string, RgbImage>>;
}

/** What a checkpoint keeps of what is trained. */
export interface SavedTrainee {
  readonly json: Readonly<Record<string, Json>>;
  readonly arrays: ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>;
}

/** What the loop trains. */
export interface Trainee {
  /** Does step `step` (from 1), or several from it on. One that rejects with the reason of the run's signal left everything as it was. */
  step(step: number): Promise<StepReport>;
  evaluate(step: number): Promise<EvaluationReport>;
  /** Everything but the loop's own counters. Arrays may be the live ones. */
  save(): SavedTrainee | Promise<SavedTrainee>;
  load(state: TrainState): void;
}

/** A trainee that has things open. */
export interface DisposableTrainee extends Trainee {
  dispose(): Promise<void>;
}

/** The functions of `DisposableTrainee`, each of a plain state. */
type TraineeFunctions<S> = {
  readonly [K in keyof DisposableTrainee]: (
    state: S,
    ...args: Parameters<DisposableTrainee[K]>
  ) => ReturnType<DisposableTrainee[K]>;
};

/** A state and its functions as a trainee. */
export const traineeOf = <S>(state: S, functions: TraineeFunctions<S>): DisposableTrainee => ({
  step: (step) => functions.step(state, step),
  evaluate: (step) => functions.evaluate(state, step),
  save: () => functions.save(state),
  load: (saved) => functions.load(state, saved),
  dispose: () => functions.dispose(state),
});

export interface RunOptions {
  readonly resume?: boolean;
  /** Aborted: the run writes a checkpoint and ends. */
  readonly signal?: AbortSignal;
  /** Takes lines for people. */
  readonly log?: (line: string) => void;
  /** Told after every step how the run goes. Where it is given, the log has no line every `logEvery` steps. */
  readonly progress?: (progress: RunProgress) => void;
}

/** How a run goes. */
export interface RunProgress {
  readonly step: number;
  readonly steps: number;
  /** Of recent steps, evaluations and checkpoints left out. */
  readonly imagesPerSecond: number;
  /** Moving mean. */
  readonly loss: number;
  readonly lr: number;
  /** At the pace since the start or the resumption, evaluations included. */
  readonly secondsLeft: number;
}

export interface RunResult {
  readonly step: number;
  readonly finished: boolean;
  readonly best: { readonly step: number; readonly score: number } | undefined;
}

export const CHECKPOINTS = "checkpoints";
/** Folder of the model that a run leaves. */
export const MODEL = "model";
const SHEETS = "sheets";

/** The loop's own state. */
interface LoopState extends LossWatch {
  /** Steps done. */
  step: number;
  /** Step of the last checkpoint; 0 where there is none. */
  saved: number;
  best: { readonly step: number; readonly score: number } | undefined;
}

/** What a checkpoint keeps of it. */
interface LoopJson {
  readonly best?: LoopState["best"] | null;
  readonly meanLoss?: number | null;
  readonly leastLoss?: number | null;
}

/**
 * Runs or resumes a training. `outDir` gets `checkpoints/`, `log.jsonl`, `tensorboard/`,
 * `curves.svg` and `sheets/`.
 * @throws Error where there is a run already and `resume` was not asked for or its config is another run's, for a loss that is not finite or that diverged, and for
 * files that cannot be written; the last checkpoint stays whole.
 */
export async function runTraining(
  trainee: Trainee,
  settings: RunSettings,
  config: Json,
  outDir: string,
  { resume = false, signal, log = () => {}, progress: tell }: RunOptions,
): Promise<RunResult> {
  const { steps } = settings;
  const folder = join(outDir, CHECKPOINTS);
  await makeFolders(folder);
  await sweep(outDir);
  const state = await restore(trainee, folder, config, resume, log);
  const records = await openLog(outDir, state.step);
  const [first, begun] = [state.step, performance.now()];
  const secondsLeft = (): number => ((performance.now() - begun) / 1000 / (state.step - first)) * (steps - state.step);
  let pace: number | undefined;
  let window: StepReport[] = [];
  let since = performance.now();
  while (state.step < steps && signal?.aborted !== true) {
    const before = performance.now();
    const report = await wholeStep(trainee, state.step + 1, signal);
    if (report === undefined) break;
    const already = state.step;
    state.step += report.steps ?? 1;
    const { step } = state;
    watchLoss(state, report, settings.divergence);
    window.push(report);
    const rate = (1000 * report.images) / (performance.now() - before);
    pace = pace === undefined ? rate : PACE_MEMORY * pace + (1 - PACE_MEMORY) * rate;
    const loss = state.meanLoss ?? report.loss;
    tell?.({ step, steps, imagesPerSecond: pace, loss, lr: report.lr, secondsLeft: secondsLeft() });
    if (Math.floor(step / settings.logEvery) > Math.floor(already / settings.logEvery) || step === steps) {
      const seconds = (performance.now() - since) / 1000;
      const means = meansOf(window, seconds);
      await records.write({ kind: "train", step, ...means, seconds: round(seconds) });
      if (tell === undefined)
        log(`step ${step}/${steps}  ${describeMeans(means)}  ${durationText(secondsLeft())} left`);
      window = [];
      since = performance.now();
    }
    if (step % settings.evaluateEvery === 0 || step === steps) {
      log(`step ${step}: ${await evaluation(trainee, state, records, outDir)}`);
      await checkpoint(trainee, state, folder, config, settings.keepLast);
      since = performance.now();
    } else if (step % settings.checkpointEvery === 0)
      await checkpoint(trainee, state, folder, config, settings.keepLast);
  }
  const { step, best } = state;
  if (state.saved !== step) await checkpoint(trainee, state, folder, config, settings.keepLast);
  const finished = step >= steps;
  log(finished ? `finished at step ${step}` : `stopped at step ${step}; --resume goes on from there`);
  return { step, finished, best };
}

/** A step's report; undefined where the signal ended it before it was done. */
async function wholeStep(
  trainee: Trainee,
  step: number,
  signal: AbortSignal | undefined,
): Promise<StepReport | undefined> {
  try {
    return await trainee.step(step);
  } catch (error) {
    if (signal?.aborted === true && error === signal.reason) return undefined;
    throw error;
  }
}

/** Share of the past in the moving mean of images per second. */
const PACE_MEMORY = 0.9;

/** Removes what a killed run left half-written; a run has its folder to itself. */
async function sweep(outDir: string): Promise<void> {
  for (const name of [".", CHECKPOINTS, SHEETS, EVENTS_FOLDER, MODEL]) await removeLeftovers(join(outDir, name), 0);
}

/** The state to begin with: fresh, or that of the last checkpoint, which the trainee takes too. */
async function restore(
  trainee: Trainee,
  folder: string,
  config: Json,
  resume: boolean,
  log: (line: string) => void,
): Promise<LoopState> {
  const step = (await listStates(folder)).at(-1);
  if (step === undefined)
    return { step: 0, saved: 0, best: undefined, meanLoss: undefined, leastLoss: Number.POSITIVE_INFINITY };
  if (!resume)
    throw new FileError(folder, "no checkpoints of another run", `step ${step}; resume it or choose another folder`);
  const loaded = await loadState(statePath(folder, step));
  const changes = configChanges(loaded.json.config ?? config, config);
  trainee.load(loaded);
  const { best, meanLoss, leastLoss } = (loaded.json.run ?? {}) as LoopJson;
  log(`resumed from step ${step}`);
  if (changes.length > 0) log(`config changed since then: ${describeChanges(changes)}`);
  return {
    step,
    saved: step,
    best: best ?? undefined,
    meanLoss: meanLoss ?? undefined,
    leastLoss: leastLoss ?? Number.POSITIVE_INFINITY,
  };
}

async function checkpoint(
  trainee: Trainee,
  state: LoopState,
  folder: string,
  config: Json,
  keepLast: number,
): Promise<void> {
  const { json, arrays } = await trainee.save();
  const { step, best, meanLoss = null, leastLoss } = state;
  const run: Json = { best: best ?? null, meanLoss, leastLoss: Number.isFinite(leastLoss) ? leastLoss : null };
  await saveState(folder, { step, json: { ...json, run, config }, arrays }, keepLast, best?.step);
  state.saved = step;
}

/** Evaluates, records what was found, and leaves sheets and curves. @returns one line for people. */
async function evaluation(trainee: Trainee, state: LoopState, records: TrainLog, outDir: string): Promise<string> {
  const { step } = state;
  const { score, metrics, summary, sheet, sheets = {} } = await trainee.evaluate(step);
  await records.write({ kind: "evaluate", step, score: round(score), ...metrics });
  if (state.best === undefined || score > state.best.score) state.best = { step, score };
  const place = join(outDir, SHEETS, `step-${String(step).padStart(7, "0")}`);
  if (sheet !== undefined) await writeFileAtomic(`${place}.png`, encodePng(sheet));
  for (const [name, other] of Object.entries(sheets)) await writeFileAtomic(`${place}-${name}.png`, encodePng(other));
  await records.draw();
  return summary;
}
