/** What a PNG says about how it was made, and back to a request (`flexvar repeat`). Which options are recorded, and how, the table of options says. */

import { type EditMask, isSoft, maskFromText, maskToText } from "../editing/index.ts";
import { ExpectedError } from "../errors/index.ts";
import type { Json, SettingsRecord } from "../image/index.ts";
import {
  EDIT_TASKS,
  EDITING_FIELDS,
  type EditTask,
  type OptionName,
  pickEditing,
  present,
  RECORDED_OPTIONS,
  type ResolvedSampling,
  resolveEditing,
  rowOf,
} from "../options/index.ts";
import { formatMix, type ModelConfig } from "../pretrained/index.ts";
import { formatPerScale, formatScales, type PerScale, parsePair } from "../sampling/index.ts";
import { type EditOptions, withGuidance } from "./edit.ts";
import type { Networks } from "./networks.ts";
import type { PictureInfo } from "./pictures.ts";
import { type GenerateOptions, pickSampling, resolvePlan } from "./resolve.ts";
import type { LargeOptions } from "./tiled.ts";

/** Pictures drawn in windows (`generateLarge`). Plain generation has no task in its settings. */
const TILED = "generate-large" as const;
/** Longest mask that settings hold as text; a longer one must be given again. */
const LONGEST_MASK = 200_000;

export interface EditRecord {
  readonly task: EditTask;
  readonly options: Omit<EditOptions, "image">;
  /** Size of the result. */
  readonly size: readonly [width: number, height: number];
  /** What was repainted of the result; undefined for refine, and in a record read back where it was too long to keep. */
  readonly mask: EditMask | undefined;
  /** A hash of the picture given, by the caller's rule. */
  readonly image: string;
  readonly model: string;
}

/** A run as settings tell it, by its task. */
export type RunRecord =
  | {
      readonly task: "generate";
      readonly options: GenerateOptions;
      readonly model: string;
      /** What the options come to, where that is known. */
      readonly resolved?: ResolvedSampling;
    }
  | { readonly task: "generate-large"; readonly options: LargeOptions; readonly model: string }
  | EditRecord;

/** A run read back, with what repeating it takes. */
export type RepeatedRun = Exclude<RunRecord, EditRecord> | RepeatedEdit;
export interface RepeatedEdit extends EditRecord {
  /** True where the result itself is picture enough: what was under the mask did not count. */
  readonly fromResult: boolean;
}

/** What computed a run. */
export interface Computed {
  /** fp32 by default. */
  readonly dtype?: string | undefined;
  /** The processor by default. */
  readonly device?: string | undefined;
}

/** What a model's networks compute in and on, as settings record it. */
export const computedBy = ({ dtype, runtime }: Pick<Networks, "dtype" | "runtime">): Computed => ({
  dtype,
  device: runtime.provider,
});

/** The device that settings name; undefined for the processor, natively or by WebAssembly, whose pictures are one another's. */
export const recordedDevice = (device: unknown): string | undefined =>
  typeof device === "string" && device !== "cpu" && device !== "wasm" ? device : undefined;

/**
 * Settings of a run, under the names that HTTP requests use. Of plain generation `scales` are the grids drawn, and `scales_from` says whether
 * they came from a step table (of `num_inference_steps`, or the model's default where that is null) or from a list by hand.
 * @param by its type is recorded where it is neither fp32 nor what the model is stored in, which `model` tells; its device where it is not the processor
 */
export function runSettings(
  config: ModelConfig,
  run: RunRecord,
  { dtype = "fp32", device }: Computed = {},
): SettingsRecord {
  const { task, options } = run;
  const other = recordedDevice(device);
  const model = {
    model: run.model,
    ...(dtype !== "fp32" && dtype !== config.dtype && { dtype }),
    ...(other !== undefined && { device: other }),
  };
  const resolved = (run.task === "generate" ? run.resolved : undefined) ?? resolvePlan(config, decidedAt(config, run));
  const { plan } = resolved;
  const values = recordedValues(options, {
    ...resolved,
    ...(isEdit(run) && resolveEditing(pickEditing({ ...options }))),
  });
  if (task === "generate") {
    const scales_from = options.scales === undefined ? "table" : "list";
    const size = sizeText([plan.sizePx.width, plan.sizePx.height]);
    return { seed: resolved.seed, size, scales: formatScales(plan.grids), scales_from, ...values, ...model };
  }
  const own = { task, seed: resolved.seed, size: sizeText(run.task === TILED ? run.options.size : run.size) };
  if (!isEdit(run)) return { ...own, ...values, ...model };
  const scales =
    options.scales === undefined ? null : formatScales(resolvePlan(config, { scales: options.scales }).plan.grids);
  const text = run.mask === undefined ? null : maskToText(run.mask);
  const mask = text !== null && text.length <= LONGEST_MASK ? text : null;
  return { ...own, scales, ...values, mask, image: run.image, ...model };
}

/** The sampling options that decide a run's settings. What the model decides of an edit does not depend on its size, which may be too large for one window. */
function decidedAt(config: ModelConfig, run: RunRecord): GenerateOptions {
  if (run.task === "generate") return run.options;
  const { scales: _, ...sampling } = pickSampling(
    isEdit(run) ? withGuidance({ config }, run.options, run.mask) : run.options,
  );
  return sampling;
}

const isEdit = (run: RunRecord): run is EditRecord => EDIT_TASKS.includes(run.task as EditTask);
const sizeText = ([width, height]: readonly [number, number]): string => `${width}x${height}`;

/** Recorded options; those of editing only where they were decided. */
function recordedValues(given: object, decided: object): SettingsRecord {
  const record: Record<string, Json> = {};
  for (const name of RECORDED_OPTIONS) {
    const { http, recorded, ...row } = rowOf(name);
    if (!(name in decided) && EDITING_FIELDS.includes(name as never)) continue;
    const value = (recorded === "given" ? given : decided)[name as never] as unknown;
    if (recorded === "unless default" && value === row.default) continue;
    record[http] = recordedValue(name, value);
  }
  return record;
}

function recordedValue(name: OptionName, value: unknown): Json {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return null;
  return rowOf(name).text === "per scale" ? formatPerScale(value as PerScale) : (value as Json);
}

/** Recorded options back to options; what has no key has its default, those of editing where something was edited. */
function recordedOptions(settings: SettingsRecord): Record<string, unknown> {
  const isEdited = EDIT_TASKS.includes(settings.task as EditTask);
  return Object.fromEntries(
    RECORDED_OPTIONS.filter((name) => isEdited || !EDITING_FIELDS.includes(name as never)).map((name) => {
      const { http, recorded, ...row } = rowOf(name);
      return [name, settings[http] ?? (recorded === "unless default" ? row.default : undefined)];
    }),
  );
}

/** Settings of one picture of a run: its class, its number within the class, and the run's. */
export function pictureSettings(
  run: SettingsRecord,
  { classId, label, mix, indexWithinClass }: PictureInfo,
): SettingsRecord {
  const mixed = mix && { class_mix: formatMix(mix) };
  return { class: label ?? null, class_id: classId, ...mixed, index_within_class: indexWithinClass, ...run };
}

/**
 * The request that makes such a picture again. Values of wrong types are refused by the option schemas that read them.
 * @param numClasses the model's, whose number after the last class stands for none in edits
 * @throws RangeError for settings of other pictures
 */
export function requestFrom(settings: SettingsRecord, numClasses?: number): RepeatedRun {
  const { task = "generate", model } = settings;
  const size = parsePair(String(settings.size));
  if (typeof model !== "string" || size === undefined) throw unknownPicture();
  const mixed = settings.class_mix;
  const asked = typeof mixed === "string" ? mixed : (settings.class_id as number);
  const shared = {
    ...recordedOptions(settings),
    seed: settings.seed,
    classLabels: settings.class_id === numClasses ? "none" : [asked],
    firstIndex: settings.index_within_class,
  };
  if (task === TILED) return { task, options: { ...present(shared), size } as unknown as LargeOptions, model };
  if (EDIT_TASKS.includes(task as EditTask)) {
    if (typeof settings.image !== "string") throw unknownPicture();
    const options = present({ ...shared, scales: settings.scales }) as unknown as EditRecord["options"];
    const mask = typeof settings.mask === "string" ? maskFromText(settings.mask, ...size) : undefined;
    const fromResult = mask !== undefined && !isSoft(mask) && (options.strength ?? 1) === 1;
    return { task: task as EditTask, options, size, mask, fromResult, image: settings.image, model };
  }
  const { scales_from } = settings;
  if (task !== "generate" || (scales_from !== "table" && scales_from !== "list")) throw unknownPicture();
  // A list by hand stands for itself; a table's grids follow from the number of steps.
  const byHand = scales_from === "list" ? { scales: settings.scales, steps: undefined } : {};
  return { task, options: present({ ...shared, size: settings.size, ...byHand }) as unknown as GenerateOptions, model };
}

const unknownPicture = (): ExpectedError =>
  new ExpectedError("settings: expected those of a picture that flexvar made");
