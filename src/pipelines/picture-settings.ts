/** What a generated PNG says about itself, and back to options (`flexvar repeat`). */
import type { SettingsRecord } from "../image/index.ts";
import type { ResolvedSampling, SamplingInput } from "../options/index.ts";
import { formatMix } from "../pretrained/index.ts";
import { formatGreedy, formatPerScale, formatScales } from "../sampling/index.ts";
import type { PictureInfo } from "./pictures.ts";
import type { GenerateOptions } from "./resolve.ts";

/** The settings that every drawing has, whether a picture is made or edited: which steps, and how tokens are drawn. */
export function drawSettings(
  { steps, stepTable }: Pick<SamplingInput, "steps" | "stepTable">,
  resolved: ResolvedSampling,
): SettingsRecord {
  return {
    num_inference_steps: steps ?? null,
    step_table: stepTable ?? null,
    guidance_scale: formatPerScale(resolved.guidance),
    guidance_mode: resolved.guidanceMode,
    // What is off has no key, as in pictures that were drawn before it was there.
    ...(resolved.guidanceUntil === "none" ? {} : { guidance_until: resolved.guidanceUntil }),
    top_k: formatPerScale(resolved.topK),
    top_p: formatPerScale(resolved.topP),
    temperature: formatPerScale(resolved.temperature),
    ...(resolved.entropyTemperature === "none" ? {} : { entropy_temperature: resolved.entropyTemperature }),
    greedy: formatGreedy(resolved.greedy),
    ...(resolved.style === "none" ? {} : { style: resolved.style }),
    max_grid: resolved.maxGrid,
    forbid: resolved.forbid.length > 0 ? resolved.forbid : null,
  };
}

/** `drawSettings` and the seed back to options; absent ones are null or undefined (`present` leaves them out). */
export function drawRequest(settings: SettingsRecord): Record<string, unknown> {
  return {
    seed: settings.seed,
    steps: settings.num_inference_steps,
    stepTable: settings.step_table,
    guidance: settings.guidance_scale,
    guidanceMode: settings.guidance_mode,
    guidanceUntil: settings.guidance_until ?? "none",
    topK: settings.top_k,
    topP: settings.top_p,
    temperature: settings.temperature,
    entropyTemperature: settings.entropy_temperature ?? "none",
    greedy: settings.greedy,
    maxGrid: settings.max_grid,
    forbid: settings.forbid,
    style: settings.style ?? "none",
  };
}

/** The entries that have a value. */
export function present(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== undefined));
}

/**
 * Settings of a run, under the names that HTTP requests use. `scales` are the grids drawn; `scales_from` says whether they
 * came from a step table (of `num_inference_steps`, or the model's default where that is null) or from a list by hand.
 */
export function runSettings(input: SamplingInput, resolved: ResolvedSampling, model: string): SettingsRecord {
  const { plan } = resolved;
  return {
    seed: resolved.seed,
    size: `${plan.sizePx.width}x${plan.sizePx.height}`,
    scales: formatScales(plan.grids),
    scales_from: input.scales === undefined ? "table" : "list",
    ...drawSettings(input, resolved),
    model,
  };
}

/** Settings of one picture of a run: its class, its number within the class, and the run's. */
export function pictureSettings(
  run: SettingsRecord,
  { classId, label, mix, indexWithinClass }: PictureInfo,
): SettingsRecord {
  const mixed = mix && { class_mix: formatMix(mix) };
  return { class: label ?? null, class_id: classId, ...mixed, index_within_class: indexWithinClass, ...run };
}

/** The class or mix that a picture's settings name, as classes are asked for. */
export const recordedClass = (settings: SettingsRecord): number | string =>
  typeof settings.class_mix === "string" ? settings.class_mix : (settings.class_id as number);

/** The request that draws such a picture again. Values of wrong types are refused by the option schema that reads them. */
export function requestFrom(settings: SettingsRecord): { options: GenerateOptions; model: string } {
  const { scales_from, model } = settings;
  if (typeof model !== "string" || (scales_from !== "table" && scales_from !== "list"))
    throw new RangeError("settings: expected those of a picture that `flexvar generate` drew");
  const given: Record<string, unknown> = {
    classLabels: [recordedClass(settings)],
    firstIndex: settings.index_within_class,
    ...drawRequest(settings),
    size: settings.size,
    // A list by hand stands for itself; a table's grids follow from the number of steps.
    ...(scales_from === "list" ? { scales: settings.scales, steps: undefined } : {}),
  };
  return { options: present(given) as GenerateOptions, model };
}
