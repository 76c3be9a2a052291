/** What an edited PNG says about itself, and back to options (`flexvar repeat`). */
import { type EditMask, isSoft, maskFromText, maskToText } from "../editing/index.ts";
import type { SettingsRecord } from "../image/index.ts";
import { EDITING_FIELDS, editingInfo, pickEditing, resolveEditing } from "../options/index.ts";
import { formatScales } from "../sampling/index.ts";
import { type EditOptions, pickSampling, withGuidance } from "./edit.ts";
import type { OpenModel } from "./model.ts";
import { drawRequest, drawSettings, present, recordedClass } from "./picture-settings.ts";
import { resolvePlan } from "./resolve.ts";

/** The image-to-image tasks. */
export type EditTask = "inpaint" | "outpaint" | "expand" | "refine";

/** What is recorded: every option but the choice among variants, of which a picture is one. */
const RECORDED = EDITING_FIELDS.filter((field) => field !== "bestOf");

/** Longest mask that settings hold as text; a longer one must be given again. */
const LONGEST_MASK = 200_000;

export interface EditRecord {
  readonly task: EditTask;
  readonly options: Omit<EditOptions, "image">;
  /** Size of the result. */
  readonly size: readonly [width: number, height: number];
  /** What was repainted of the result; undefined for refine. */
  readonly mask: EditMask | undefined;
  /** A hash of the picture given, by the caller's rule. */
  readonly image: string;
  readonly model: string;
}

/** Settings of a run of edits, under the names that HTTP requests use. */
export function editRunSettings(pipe: OpenModel, record: EditRecord): SettingsRecord {
  const { task, options, size, mask, image, model } = record;
  // Settings that the model decides do not depend on the size.
  const side = pipe.config.trainedSide * pipe.factor;
  const { scales: _, ...sized } = pickSampling(withGuidance(pipe, options, mask));
  const resolved = resolvePlan(pipe.config, { ...sized, size: [side, side] });
  const editing = resolveEditing(pickEditing({ ...options }));
  const text = mask === undefined ? null : maskToText(mask);
  return {
    task,
    seed: resolved.seed,
    size: `${size[0]}x${size[1]}`,
    scales: options.scales === undefined ? null : scalesText(pipe, options),
    ...drawSettings(options, resolved),
    ...Object.fromEntries(RECORDED.map((field) => [editingInfo[field].http, editing[field] ?? null])),
    mask: text !== null && text.length <= LONGEST_MASK ? text : null,
    image,
    model,
  };
}

function scalesText(pipe: OpenModel, { scales }: Omit<EditOptions, "image">): string {
  return formatScales(resolvePlan(pipe.config, { scales }).plan.grids);
}

/** What repeating an edit takes. */
export interface RepeatedEdit {
  readonly task: EditTask;
  readonly options: Omit<EditOptions, "image">;
  readonly size: readonly [width: number, height: number];
  /** Undefined where there was none (refine), or it was too long to keep. */
  readonly mask: EditMask | undefined;
  /** True where the result itself is picture enough: what was under the mask did not count. */
  readonly fromResult: boolean;
  readonly image: string;
  readonly model: string;
}

/** True for settings that an image-to-image task wrote. */
export function isEditRecord(settings: SettingsRecord): boolean {
  return ["inpaint", "outpaint", "expand", "refine"].includes(String(settings.task));
}

/** The request that paints such a picture again. @throws RangeError for settings of other pictures; the schema refuses wrong values. */
export function editRequestFrom(settings: SettingsRecord, numClasses: number): RepeatedEdit {
  const size = /^(\d{1,5})x(\d{1,5})$/.exec(String(settings.size));
  const { model, image, task } = settings;
  if (!isEditRecord(settings) || size === null || typeof model !== "string" || typeof image !== "string")
    throw new RangeError("settings: expected those of a picture that flexvar edited");
  const [width, height] = [Number(size[1]), Number(size[2])];
  const mask = typeof settings.mask === "string" ? maskFromText(settings.mask, width, height) : undefined;
  const given: Record<string, unknown> = {
    classLabels: settings.class_id === numClasses ? "none" : [recordedClass(settings)],
    firstIndex: settings.index_within_class,
    ...drawRequest(settings),
    scales: settings.scales,
    ...Object.fromEntries(RECORDED.map((field) => [field, settings[editingInfo[field].http]])),
  };
  const options = present(given) as Omit<EditOptions, "image">;
  const fromResult = mask !== undefined && !isSoft(mask) && (options.strength ?? 1) === 1;
  return { task: task as EditTask, options, size: [width, height], mask, fromResult, image, model };
}
