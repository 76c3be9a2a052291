/** What a picture drawn in windows (`generateLarge`) says about itself, and back to options. */
import type { SettingsRecord } from "../image/index.ts";
import { type EditOptions, pickSampling } from "./edit.ts";
import type { LargeOptions } from "./large.ts";
import type { OpenModel } from "./model.ts";
import { drawRequest, drawSettings, present, recordedClass } from "./picture-settings.ts";
import { resolvePlan } from "./resolve.ts";

const TASK = "generate-large";

/** Settings of a run of `generateLarge`, under the names that HTTP requests use; its scales follow from size and steps. */
export function largeRunSettings(pipe: OpenModel, options: LargeOptions, model: string): SettingsRecord {
  // What the model decides does not depend on the size, which may be too large for one window.
  const resolved = resolvePlan(pipe.config, pickSampling(options));
  const size = `${options.size[0]}x${options.size[1]}`;
  return { task: TASK, seed: resolved.seed, size, ...drawSettings(options, resolved), model };
}

/** True for settings that {@link largeRunSettings} wrote. */
export function isLargeRecord(settings: SettingsRecord): boolean {
  return settings.task === TASK;
}

/** The request that draws such a picture again. @throws RangeError for settings of other pictures; the schema refuses wrong values. */
export function largeRequestFrom(settings: SettingsRecord): { options: LargeOptions; model: string } {
  const size = /^(\d{1,5})x(\d{1,5})$/.exec(String(settings.size));
  const { model } = settings;
  if (!isLargeRecord(settings) || size === null || typeof model !== "string")
    throw new RangeError("settings: expected those of a picture that flexvar drew in windows");
  const drawing = present({ firstIndex: settings.index_within_class, ...drawRequest(settings) }) as Omit<
    EditOptions,
    "image" | "classLabels"
  >;
  const classLabels = [recordedClass(settings)];
  return { options: { ...drawing, classLabels, size: [Number(size[1]), Number(size[2])] }, model };
}
