import { downsampling } from "../models/index.ts";
import {
  type OptionName,
  parseSampling,
  present,
  type ResolvedSampling,
  rowOf,
  SAMPLING_FIELDS,
  type SamplingInput,
  valueFromText,
} from "../options/index.ts";
import { type Costs, resolvePlan, type ShownScales } from "../pipelines/node.ts";
import { isClassName, type ModelConfig } from "../pretrained/index.ts";
import type { JobOutput } from "./engine.ts";
import { ApiError, invalid } from "./errors.ts";
import type { Fields } from "./fields.ts";
import type { Limits } from "./limits.ts";

/** The model that a server serves. */
export interface ServedModel {
  readonly name: string;
  /** What settings call the model's content. */
  readonly hash: string;
  readonly config: ModelConfig;
  /** What its networks compute in; as it is stored where left out. */
  readonly dtype?: string | undefined;
  /** What they compute on; the processor where left out. */
  readonly device?: string | undefined;
  /** What work is checked with before it is queued; nothing is refused for what it takes where left out. */
  readonly costs?: Costs | undefined;
}

/** What replies make of the pictures; nothing for PNGs. @throws ApiError for a PNG that is to lose something */
export function outputOf({
  output_format: format = "png",
  output_compression: quality = 100,
}: Fields): JobOutput | undefined {
  if (format !== "png") return { format: format as JobOutput["format"], quality: Math.max(1, Number(quality)) };
  if (quality !== 100) throw invalid("output_compression", `expected 100 for png, which loses nothing, got ${quality}`);
  return undefined;
}

export function samplingInput(fields: Fields, model: ServedModel): SamplingInput {
  if (fields.model !== undefined && fields.model !== model.name && fields.model !== model.hash) {
    const message = `model: expected ${model.name}, got "${String(fields.model)}"`;
    throw new ApiError(404, message, { param: "model", code: "model_not_found" });
  }
  if ((fields.partial_images ?? 0) !== 0 && fields.stream !== true)
    throw invalid("partial_images", "expected only with stream, got it without");
  if (fields.stream === true && fields.async === true)
    throw invalid("async", "expected either stream or async, got both");
  const input = optionsFrom(fields, SAMPLING_FIELDS);
  if (input.size === "auto") input.size = undefined;
  if (input.classLabels === "none" || input.classLabels === "auto") input.classLabels = undefined;
  // OpenAI's clients always send a prompt; one beside class labels must say nothing else.
  const prompt = typeof fields.prompt === "string" && fields.prompt.trim() !== "" ? fields.prompt : undefined;
  if (prompt !== undefined) {
    if (fields.class_labels !== undefined) throw invalid("prompt", "expected either prompt or class_labels, got both");
    input.classLabels = promptLabels(prompt, model);
  }
  return present(input);
}

/** Options of a request, by the library's names. */
export const optionsFrom = (fields: Fields, names: readonly OptionName[]): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, fields[rowOf(name).http]]));

/** A prompt that is the name of a class as a whole is that class; otherwise names between commas. */
function promptLabels(prompt: string, { config }: ServedModel): readonly (number | string)[] {
  return isClassName(prompt, config) ? [prompt] : (valueFromText("classLabels", prompt) as (number | string)[]);
}

/** Most forms of calls whose plans are kept. */
const KEPT_PLANS = 64;
const plans = new WeakMap<ModelConfig, Map<string, ResolvedSampling>>();

/** As {@link resolvePlan}; calls differ in seed and classes more than in all else, of which the plan is remembered. */
function planOf(config: ModelConfig, { seed, classLabels, ...form }: SamplingInput): ResolvedSampling {
  const known = plans.get(config) ?? new Map<string, ResolvedSampling>();
  plans.set(config, known);
  const own = parseSampling(present({ seed, classLabels }));
  // Infinity is a value of some options, and no JSON.
  const key = JSON.stringify(form, (_, value) =>
    Number.isFinite(value) || typeof value !== "number" ? value : `${value}`,
  );
  const plan = known.get(key) ?? resolvePlan(config, form);
  known.delete(key);
  known.set(key, plan);
  for (const oldest of known.keys()) if (known.size > KEPT_PLANS) known.delete(oldest);
  return { ...plan, seed: own.seed ?? plan.seed, classLabels: own.classLabels ?? plan.classLabels };
}

export function resolve(input: SamplingInput, { config }: ServedModel, limits: Limits) {
  const factor = downsampling(config.tokenizer);
  const resolved = planOf(config, input);
  for (const [h, w] of resolved.plan.grids)
    if (h * w * factor * factor > limits.pixels)
      throw tooLarge(input.scales === undefined ? "size" : "scales", [w * factor, h * factor], limits);
  return resolved;
}

export const firstIndexOf = (fields: Fields) => fields.first_index as number | undefined;
export const shownOf = (fields: Fields): ShownScales => (fields.partial_images ?? 0) as ShownScales;

export function numClasses({ config }: ServedModel): number {
  if (config.transformer === null)
    throw new ApiError(501, "model: expected a transformer to draw with, got a tokenizer alone", {
      code: "not_supported",
    });
  return config.transformer.numClasses;
}

export function checkPictures(count: number, limits: Limits): void {
  if (count > limits.pictures)
    throw invalid("n", `expected at most ${limits.pictures} pictures a request (labels x n), got ${count}`);
}

export const tooLarge = (param: string, [width, height]: readonly [number, number], { pixels }: Limits): ApiError =>
  invalid(param, `expected at most ${pixels} pixels a picture, got ${width}x${height}`);
