/** The loop that both trainers share: steps, log, checkpoints, evaluation, stopping and going on. */
import { join } from "node:path";
import { makeFolders, removeLeftovers, writeFileAtomic } from "../files/index.ts";
import { encodePng, type RgbImage } from "../image/index.ts";
import { durationText, EVENTS_FOLDER, openLog } from "./log.ts";
import { configChanges, describeChanges } from "./resume.ts";
import { type Json, listStates, loadState, saveState, statePath, type TrainState } from "./state.ts";

export interface RunSettings {
  readonly steps: number;
  readonly logEvery: number;
  readonly checkpointEvery: number;
  readonly evaluateEvery: number;
  readonly keepLast: number;
  /** The run stops when the mean loss of recent steps is more than so many times the least it has been. */
  readonly divergence: number;
}

/** Numbers of one step. */
export interface StepReport {
  readonly loss: number;
  readonly gradNorm: number;
  readonly lr: number;
  /** Pictures seen in this step. */
  readonly images: number;
  /** More numbers for the log; means are logged. */
  readonly parts: Readonly<Record<string, number>>;
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
  /** Does step `step` (from 1). */
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

interface Progress {
  best: { step: number; score: number } | undefined;
  /** Moving mean of the loss and the least it has been. */
  meanLoss: number | undefined;
  leastLoss: number;
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
  const folder = join(outDir, CHECKPOINTS);
  await makeFolders(folder);
  await sweep(outDir);
  const progress: Progress = { best: undefined, meanLoss: undefined, leastLoss: Number.POSITIVE_INFINITY };
  let step = await restore(trainee, folder, progress, config, resume, log);
  const records = await openLog(outDir, step);
  let saved = step;
  const save = async (): Promise<void> => {
    const { json, arrays } = await trainee.save();
    const own: Json = {
      best: progress.best ?? null,
      meanLoss: progress.meanLoss ?? null,
      leastLoss: Number.isFinite(progress.leastLoss) ? progress.leastLoss : null,
    };
    await saveState(
      folder,
      { step, json: { ...json, run: own, config }, arrays },
      settings.keepLast,
      progress.best?.step,
    );
    saved = step;
  };
  let window: StepReport[] = [];
  let since = performance.now();
  const begun = performance.now();
  const first = step;
  const secondsLeft = (): number => ((performance.now() - begun) / 1000 / (step - first)) * (settings.steps - step);
  let pace: number | undefined;
  while (step < settings.steps && signal?.aborted !== true) {
    const before = performance.now();
    const report = await trainee.step(step + 1);
    step++;
    checkLoss(step, report, progress, settings, saved);
    window.push(report);
    const rate = (1000 * report.images) / (performance.now() - before);
    pace = pace === undefined ? rate : PACE_MEMORY * pace + (1 - PACE_MEMORY) * rate;
    tell?.({
      step,
      steps: settings.steps,
      imagesPerSecond: pace,
      loss: progress.meanLoss ?? report.loss,
      lr: report.lr,
      secondsLeft: secondsLeft(),
    });
    if (step % settings.logEvery === 0 || step === settings.steps) {
      const seconds = (performance.now() - since) / 1000;
      const means = meansOf(window, seconds);
      await records.write({ kind: "train", step, ...means, seconds: round(seconds) });
      if (tell === undefined)
        log(`step ${step}/${settings.steps}  ${describe(means)}  ${durationText(secondsLeft())} left`);
      window = [];
      since = performance.now();
    }
    if (step % settings.evaluateEvery === 0 || step === settings.steps) {
      const { score, metrics, summary, sheet, sheets = {} } = await trainee.evaluate(step);
      await records.write({ kind: "evaluate", step, score: round(score), ...metrics });
      if (progress.best === undefined || score > progress.best.score) progress.best = { step, score };
      const place = join(outDir, SHEETS, `step-${String(step).padStart(7, "0")}`);
      if (sheet !== undefined) await writeFileAtomic(`${place}.png`, encodePng(sheet));
      for (const [name, other] of Object.entries(sheets))
        await writeFileAtomic(`${place}-${name}.png`, encodePng(other));
      await records.draw();
      log(`step ${step}: ${summary}`);
      await save();
      since = performance.now();
    } else if (step % settings.checkpointEvery === 0) await save();
  }
  if (saved !== step) await save();
  const finished = step >= settings.steps;
  log(finished ? `finished at step ${step}` : `stopped at step ${step}; --resume goes on from there`);
  return { step, finished, best: progress.best };
}

/** Removes what a killed run left half-written; a run has its folder to itself. */
async function sweep(outDir: string): Promise<void> {
  for (const name of [".", CHECKPOINTS, SHEETS, EVENTS_FOLDER, MODEL]) await removeLeftovers(join(outDir, name), 0);
}

async function restore(
  trainee: Trainee,
  folder: string,
  progress: Progress,
  config: Json,
  resume: boolean,
  log: (line: string) => void,
): Promise<number> {
  const steps = await listStates(folder);
  const last = steps.at(-1);
  if (last === undefined) return 0;
  if (!resume)
    throw new Error(
      `${folder}: expected no checkpoints of another run, got step ${last}; resume it or choose another folder`,
    );
  const state = await loadState(statePath(folder, last));
  const changes = configChanges(state.json.config ?? config, config);
  trainee.load(state);
  const { run } = state.json as {
    run?: { best?: Progress["best"] | null; meanLoss?: number | null; leastLoss?: number | null };
  };
  progress.best = run?.best ?? undefined;
  progress.meanLoss = run?.meanLoss ?? undefined;
  progress.leastLoss = run?.leastLoss ?? Number.POSITIVE_INFINITY;
  log(`resumed from step ${last}`);
  if (changes.length > 0) log(`config changed since then: ${describeChanges(changes)}`);
  return last;
}

/** Share of the past in the moving mean of images per second. */
const PACE_MEMORY = 0.9;

/** Share of the past in the moving mean of the loss, and the steps before divergence is judged. */
const MEMORY = 0.95;
const PATIENCE = 100;

function checkLoss(
  step: number,
  { loss, gradNorm, lr }: StepReport,
  progress: Progress,
  { divergence }: RunSettings,
  saved: number,
): void {
  const whole =
    saved === 0
      ? "there is no checkpoint yet; start again"
      : `the checkpoint of step ${saved} is whole; resume from it`;
  const advice = `${whole} with a lower learning rate (it was ${lr.toPrecision(3)})`;
  if (!Number.isFinite(loss) || !Number.isFinite(gradNorm))
    throw new Error(
      `training: expected a finite loss and gradient, got loss ${loss}, gradient norm ${gradNorm} in step ${step}; ${advice}`,
    );
  const mean = progress.meanLoss === undefined ? loss : MEMORY * progress.meanLoss + (1 - MEMORY) * loss;
  progress.meanLoss = mean;
  progress.leastLoss = Math.min(progress.leastLoss, mean);
  if (step > PATIENCE && mean > divergence * progress.leastLoss)
    throw new Error(
      `training: expected a loss near its least mean ${progress.leastLoss.toPrecision(4)}, got a mean of ${mean.toPrecision(4)} by step ${step}: it diverged; ${advice}`,
    );
}

function meansOf(window: readonly StepReport[], seconds: number): Record<string, number> {
  const mean = (of: (r: StepReport) => number): number => window.reduce((sum, r) => sum + of(r), 0) / window.length;
  const images = window.reduce((sum, r) => sum + r.images, 0);
  const parts = Object.keys(window[0]?.parts ?? {}).map((key): [string, number] => [
    key,
    round(mean((r) => r.parts[key] ?? 0)),
  ]);
  return {
    loss: round(mean((r) => r.loss)),
    lr: round(window.at(-1)!.lr),
    gradNorm: round(mean((r) => r.gradNorm)),
    imagesPerSecond: round(images / seconds),
    ...Object.fromEntries(parts),
  };
}

/** Six significant digits: enough for curves, short in files. */
function round(value: number): number {
  return Number(value.toPrecision(6));
}

function describe(means: Readonly<Record<string, number>>): string {
  return Object.entries(means)
    .map(([key, value]) => `${key} ${Number(value.toPrecision(4))}`)
    .join("  ");
}
