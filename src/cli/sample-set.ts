/** Drawing a class-balanced set of pictures: what `sample`, `sweep` and `evaluate --against` share. */
import { openSampleStore } from "../evaluate/index.ts";
import type { SamplingInput } from "../options/index.ts";
import {
  type Computed,
  type Costs,
  type FlexVARPipeline,
  fitGenerate,
  resolveRun,
  runSettings,
  runSteps,
} from "../pipelines/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import type { Running } from "./command.ts";
import { estimated } from "./cost.ts";
import { UsageError } from "./errors.ts";
import { modelHash } from "./identity.ts";
import type { Reporter } from "./reporter.ts";

/** A process's part of a set: every `of`-th picture from the `index`-th. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

/** What decides a set beside what is asked for. */
export interface SetModel {
  readonly config: ModelConfig;
  /** What its networks compute in and on. */
  readonly computed: Computed;
}

export interface SetRequest {
  readonly total: number;
  /** All classes unless some are named. */
  readonly input: SamplingInput;
  /** The model's folder. */
  readonly folder: string;
  readonly batch?: number | undefined;
  /** What the set is let in by; nothing is refused for what it takes where left out. */
  readonly costs?: Costs | undefined;
  readonly report: Reporter;
}

/** A set with every setting decided. */
export interface PlannedSet {
  readonly classes: readonly number[];
  /** The model's hash. */
  readonly model: string;
  readonly input: SamplingInput;
  readonly total: number;
  readonly width: number;
  readonly height: number;
  /** Pictures side by side. */
  readonly batch: number | undefined;
  /** What decides the pictures, as JSON. */
  readonly settings: string;
}

/** Decides a set's settings. @throws OptionError for options that the model cannot follow */
export async function planSet({ config, computed }: SetModel, request: SetRequest): Promise<PlannedSet> {
  const { total, input, folder, costs, report } = request;
  const every = Array.from({ length: config.transformer?.numClasses ?? 0 }, (_, id) => id);
  const whole = { ...input, classLabels: (input.classLabels ?? []).length > 0 ? input.classLabels! : every };
  const resolved = resolveRun(config, whole);
  if (resolved.picks.some(({ mix }) => mix !== undefined))
    throw new UsageError("--class: expected classes and groups, got a mix of classes");
  const classes = resolved.picks.flatMap(({ ids }) => ids);
  if (new Set(classes).size < classes.length) throw new UsageError("--class: expected each class once");
  const { width, height } = resolved.plan.crop ?? resolved.plan.sizePx;
  const model = await modelHash(folder);
  const run = runSettings(config, { task: "generate", options: whole, model }, computed);
  const own = {
    total,
    ...run,
    size: `${width}x${height}`,
    classes: [...classes],
  };
  const options = { ...whole, count: 1, batchSize: request.batch };
  const fit = (by: Costs) => fitGenerate(config, by.model, options, total, by.budget);
  const batch = costs === undefined ? request.batch : estimated(costs, report, fit).batch;
  return { classes, model, input: whole, total, width, height, batch, settings: JSON.stringify(own) };
}

/** A set's place, and the numbers of its pictures that are not there, of those that a process is to draw. */
export async function openSet(out: string, plan: PlannedSet, labels: readonly string[], shard?: Shard) {
  const { total, width, height, settings } = plan;
  const labelOf = (number: number): number => labelIn(plan, number);
  const nameOf = (id: number): string => labels[id] ?? String(id);
  const store = await openSampleStore({ path: out, total, width, height, labelOf, nameOf, settings });
  const there = await store.present();
  const { index, of } = shard ?? { index: 0, of: 1 };
  const missing = Array.from({ length: total }, (_, i) => i).filter((i) => i % of === index && !there.has(i));
  return { store, missing, there: there.size };
}

/** The class of a picture of a set. */
export const labelIn = ({ classes }: PlannedSet, number: number): number => classes[number % classes.length]!;

/** Draws the pictures that a set lacks. Returns how many were drawn, and whether the set is whole. */
export async function drawSet(
  pipe: FlexVARPipeline,
  out: string,
  plan: PlannedSet,
  { report, signal }: Running,
  shard?: Shard,
): Promise<{ drawn: number; whole: boolean }> {
  const { classes, model, input, total, batch } = plan;
  const { store, missing, there } = await openSet(out, plan, pipe.labels, shard);
  report.log(`${missing.length} pictures to draw, ${there} of ${total} are there`);
  let drawn = 0;
  // Pictures of one round have the same number within their classes, so that one run draws them side by side.
  const rounds = new Map<number, number[]>();
  for (const i of missing) {
    const round = Math.floor(i / classes.length);
    rounds.set(round, [...(rounds.get(round) ?? []), i]);
  }
  for (const [firstIndex, numbers] of rounds) {
    const classLabels = numbers.map((number) => labelIn(plan, number));
    const run = { task: "generate", options: { ...input, classLabels, count: 1, firstIndex }, model } as const;
    for await (const { isLast, pictures } of runSteps(pipe, run, { shown: 0, signal, batchSize: batch })) {
      for (const { number, image } of pictures) await store.add(numbers[number]!, image);
      drawn += pictures.length;
      if (isLast) report.progress(drawn, missing.length, "pictures drawn");
    }
  }
  return { drawn: missing.length, whole: await store.finish() };
}
