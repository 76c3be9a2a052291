/** Requests to work: every field read, checked against the model and the limits, and turned into the library's options. */
import {
  type CanvasOptions,
  canvasOf,
  describeMask,
  type EditMask,
  type MaskMode,
  parseRatio,
  plainMask,
  readMask,
  resizeMask,
  resizeRgba,
} from "../editing/index.ts";
import { losesAsPlain, photoFacts, pictureHash, type RgbaImage } from "../image/node.ts";
import { downsampling } from "../models/index.ts";
import {
  drawing,
  EDITING_FIELDS,
  type EditTask,
  type OptionName,
  parseSampling,
  pickEditing,
  present,
  type ResolvedSampling,
  resolveEditing,
  rowOf,
  SAMPLING_FIELDS,
  type SamplingInput,
  valueFromText,
} from "../options/index.ts";
import {
  type Costs,
  cropFor,
  type EditOptions,
  fitEdit,
  fitGenerate,
  fitTiled,
  largeOptions,
  type PhotoTarget,
  pictureSettings,
  picturesOf,
  resolvePlan,
  runSettings,
  type ShownScales,
  shownScales,
} from "../pipelines/node.ts";
import { classPicksOf, isClassName, type ModelConfig } from "../pretrained/index.ts";
import { parsePair } from "../sampling/index.ts";
import { pictureBytes } from "./base64.ts";
import type { JobOutput, Work } from "./engine.ts";
import { ApiError, invalid } from "./errors.ts";
import type { Fields } from "./fields.ts";
import type { Limits } from "./limits.ts";
import type { DrawRow } from "./renderer.ts";
import { picture } from "./request-picture.ts";

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

/** Generation fields as work. @throws ApiError, OptionError, RangeError in words. */
export function generationWork(fields: Fields, model: ServedModel, limits: Limits): Work {
  const input = samplingInput(fields, model);
  const resolved = resolve(input, model, limits);
  if (resolved.classLabels.length === 0)
    throw invalid("class_labels", "expected at least one class in class_labels or prompt, got none");
  const picks = classPicksOf(resolved.classLabels, model.config, numClasses(model));
  const total = picks.length * resolved.count;
  checkPictures(total, limits);
  const { seed } = resolved;
  if (fields.large === "windows") return largeWork(fields, input, total, seed, model);
  const shown = shownScales(shownOf(fields), resolved.plan.grids.length);
  const { costs } = model;
  const decoded = [...shown, resolved.plan.grids.length - 1];
  const cost =
    costs && fitGenerate(model.config, costs.model, input, total, costs.budget, { decoded, planned: resolved }).cost;
  const run = runSettings(model.config, { task: "generate", options: input, model: model.hash, resolved }, model);
  const infos = picturesOf(model.config, resolved, picks, firstIndexOf(fields));
  const rows = infos.map((info): DrawRow => ({ info, seed, shown, settings: pictureSettings(run, info) }));
  return { kind: "draw", sampling: drawing(resolved), rows, cost, output: outputOf(fields) };
}

/** Drawing in windows over a coarse picture. */
function largeWork(
  fields: Fields,
  input: SamplingInput,
  total: number,
  seed: number,
  { config, hash, costs }: ServedModel,
): Work {
  const words = { windows: "large windows", steps: rowOf("steps").http, scales: "scales" };
  const options = { ...largeOptions(input, words), firstIndex: firstIndexOf(fields) };
  const cost = costs && fitTiled(config, costs.model, options, costs.budget);
  const edit = { task: "generate-large", options, model: hash } as const;
  return { kind: "edit", edit, total, seed, shown: shownOf(fields), imageTokens: 0, cost, output: outputOf(fields) };
}

/** Which fields each task takes beside those of sampling and editing; all others are refused. */
const TASK_FIELDS = {
  inpaint: ["mask", "mask_mode", "strength", "crop"],
  outpaint: ["left", "right", "top", "bottom"],
  expand: ["ratio"],
  refine: ["strength"],
} as const satisfies Readonly<Record<EditTask, readonly string[]>>;

/** Edit fields as work. @throws ApiError, OptionError, RangeError, ImageError in words. */
export async function editWork(
  fields: Fields,
  model: ServedModel,
  limits: Limits,
  signal?: AbortSignal,
): Promise<Work> {
  const task = (fields.task ?? "inpaint") as keyof typeof TASK_FIELDS;
  const mine: readonly string[] = TASK_FIELDS[task];
  for (const [other, names] of Object.entries(TASK_FIELDS))
    for (const name of names)
      if (fields[name] !== undefined && !mine.includes(name))
        throw invalid(name, `expected only with the task ${other}, got it with ${task}`);
  const output = outputOf(fields);
  const image = await picture(fields, "image", limits, signal);
  const own = await canvasOfRequest(task, fields, image, limits, signal);
  const { maskReading } = own;
  const size = resultSize(fields, task, own.picture, model);
  if (task === "inpaint" && size[0] * size[1] > limits.pixels) throw tooLarge("size", size, limits);
  const { picture: canvas, mask, isResized } = task === "inpaint" ? atSize(own, size) : { ...own, isResized: false };
  if (size[0] * size[1] > limits.pixels) throw tooLarge(task === "refine" ? "size" : task, size, limits);
  if (fields.background === "opaque" && !staysOpaque(canvas, mask))
    throw invalid("background", "expected auto, for parts that are kept are transparent, got opaque");
  if (output?.format === "jpeg" && !staysOpaque(canvas, mask))
    throw invalid("output_format", "expected png or webp, for parts that are kept are transparent, got jpeg");
  // A picture brought to another size is painted in one part of it: a mask of any size costs the same.
  const usual = isResized && fields.variation !== true ? { crop: "auto" } : {};
  const editing = pickEditing({ ...usual, ...present(optionsFrom(fields, EDITING_FIELDS)) });
  const { crop } = resolveEditing(editing);
  if (mask !== undefined)
    cropFor({ config: model.config, factor: downsampling(model.config.tokenizer) }, mask, { crop });
  const { size: _, classLabels, ...sampling } = samplingInput(fields, model);
  const { seed, count } = resolve(sampling, model, limits);
  const choice = fields.class_labels === "none" ? "none" : (classLabels ?? "auto");
  // Texts are not pictures: several may name one mix.
  const labels = typeof choice === "string" ? 1 : classPicksOf(choice, model.config, numClasses(model)).length;
  checkPictures(labels * count, limits);
  const options: EditOptions = {
    ...sampling,
    ...editing,
    image: canvas,
    classLabels: choice,
    firstIndex: firstIndexOf(fields),
  };
  const { costs } = model;
  const plan = { options, size: canvas, mask, ...(mask === undefined && { to: size }) };
  const fit = costs && fitEdit(model.config, costs.model, plan, costs.budget);
  const edit = {
    task,
    options: { ...options, batchSize: fit?.batch },
    mask,
    size,
    image: pictureHash(image),
    model: model.hash,
    photo: isResized || mask === undefined || task !== "inpaint" ? undefined : await photoTarget(fields, mask, crop),
  };
  const factor = downsampling(model.config.tokenizer);
  const imageTokens = Math.ceil(image.width / factor) * Math.ceil(image.height / factor);
  const [total, shown] = [labels * count, shownOf(fields)];
  return { kind: "edit", edit, total, seed, shown, imageTokens, maskReading, cost: fit?.cost, output };
}

/** The file of the picture given, where the result keeps more of it than 8-bit sRGB, or a part of it alone is painted. */
async function photoTarget(fields: Fields, mask: EditMask, crop: string): Promise<PhotoTarget | undefined> {
  const bytes = await pictureBytes(String([fields.image].flat()[0]));
  if (bytes === undefined || fields.variation === true) return undefined;
  const source = { bytes, where: "image" };
  const isPhoto = crop !== "none" || losesAsPlain(await photoFacts(source));
  return isPhoto ? { source, mask, format: "png" } : undefined;
}

/** What replies make of the pictures; nothing for PNGs. @throws ApiError for a PNG that is to lose something */
function outputOf({ output_format: format = "png", output_compression: quality = 100 }: Fields): JobOutput | undefined {
  if (format !== "png") return { format: format as JobOutput["format"], quality: Math.max(1, Number(quality)) };
  if (quality !== 100) throw invalid("output_compression", `expected 100 for png, which loses nothing, got ${quality}`);
  return undefined;
}

/** Share of the scales that a variation draws anew by default. */
const VARIED = 0.6;

/** The fields of a variation as those of the edit that it is: all of the picture is painted, its coarse scales kept. */
export const asVariation = (fields: Fields): Fields => ({
  ...fields,
  variation: true,
  whole: true,
  strength: fields.strength ?? VARIED,
});

/** A canvas and its mask at the size of the result. */
function atSize<T extends { readonly picture: RgbaImage; readonly mask?: EditMask }>(
  canvas: T,
  [width, height]: readonly [number, number],
): T & { readonly isResized: boolean } {
  const { picture, mask } = canvas;
  if (picture.width === width && picture.height === height) return { ...canvas, isResized: false };
  return {
    ...canvas,
    picture: resizeRgba(picture, width, height),
    ...(mask && { mask: resizeMask(mask, width, height) }),
    isResized: true,
  };
}

async function canvasOfRequest(
  task: keyof typeof TASK_FIELDS,
  fields: Fields,
  image: RgbaImage,
  limits: Limits,
  signal: AbortSignal | undefined,
): Promise<{ picture: RgbaImage; mask?: EditMask; maskReading?: string }> {
  const side = (name: string): number => Number(fields[name] ?? 0);
  const widened = (widening: "outpaint" | "expand", options: CanvasOptions) =>
    canvasOf(widening, image, options, (size) => {
      if (size[0] * size[1] > limits.pixels) throw tooLarge(task, size, limits);
    });
  switch (task) {
    case "refine":
      return { picture: image };
    case "outpaint":
      return widened(task, { left: side("left"), right: side("right"), top: side("top"), bottom: side("bottom") });
    case "expand":
      if (fields.ratio === undefined) throw invalid("ratio", "expected width to height such as 2:1, got none");
      return widened(task, { ratio: parseRatio(String(fields.ratio)) });
    case "inpaint": {
      if (fields.variation === true) return { picture: image, mask: plainMask(image.width, image.height, 255) };
      const given = fields.mask === undefined ? image : await picture(fields, "mask", limits, signal);
      if (given.width !== image.width || given.height !== image.height)
        throw invalid(
          "mask",
          `expected ${image.width}x${image.height}, the image's size, got ${given.width}x${given.height}`,
        );
      const reading = readMask(given, fields.mask === undefined ? "alpha" : ((fields.mask_mode ?? "auto") as MaskMode));
      const { mask } = reading;
      if (fields.mask === undefined && fields.mask_mode !== undefined)
        throw invalid("mask_mode", "expected only with a mask, got it without");
      if (mask.data.every((value) => value === 0))
        throw invalid(
          "mask",
          "expected a mask, or an image with transparent parts, that repaints something, got nothing",
        );
      return { picture: image, mask, maskReading: describeMask(reading) };
    }
    default:
      return task satisfies never;
  }
}

function samplingInput(fields: Fields, model: ServedModel): SamplingInput {
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
const optionsFrom = (fields: Fields, names: readonly OptionName[]): Record<string, unknown> =>
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

function resolve(input: SamplingInput, { config }: ServedModel, limits: Limits) {
  const factor = downsampling(config.tokenizer);
  const resolved = planOf(config, input);
  for (const [h, w] of resolved.plan.grids)
    if (h * w * factor * factor > limits.pixels)
      throw tooLarge(input.scales === undefined ? "size" : "scales", [w * factor, h * factor], limits);
  return resolved;
}

/**
 * The size of a result: for refine and in-painting the one asked for, else the canvas's own, which a size in the request may repeat. A
 * variation of a picture beyond what is drawn whole is as large as that.
 */
function resultSize(
  { size: given, variation }: Fields,
  task: string,
  { width, height }: RgbaImage,
  { config }: ServedModel,
): readonly [number, number] {
  const size = parsePair(Array.isArray(given) ? given.join("x") : String(given ?? ""));
  if (variation === true) {
    const most = MOST_VARIED * config.trainedSide * downsampling(config.tokenizer);
    const scale = Math.min(1, most / Math.max(width, height));
    const [w, h] = size ?? [width * scale, height * scale];
    return [Math.max(1, Math.round(w)), Math.max(1, Math.round(h))];
  }
  if (task === "refine") {
    if (size === undefined) throw invalid("size", "expected the size to refine to, such as 256x256, got none");
    return size;
  }
  if (
    task === "inpaint" &&
    size !== undefined &&
    Math.abs(size[0] * height - size[1] * width) <= Math.max(width, height)
  )
    return size;
  if (size !== undefined && (size[0] !== width || size[1] !== height))
    throw invalid(
      "size",
      task === "inpaint"
        ? `expected a size of the picture's ratio, ${width}x${height}, got ${size.join("x")}`
        : `expected ${width}x${height}, which the result has with the task ${task}, or the task refine, got ${size.join("x")}`,
    );
  return [width, height];
}

/** Longest side of a variation by default, in trained sides: what is drawn whole. */
const MOST_VARIED = 2;

/** Whether what is kept of a picture is opaque; what is painted always is. */
function staysOpaque({ data }: RgbaImage, mask: { readonly data: ArrayLike<number> } | undefined): boolean {
  for (let i = 0; i < data.length / 4; i++) if (data[4 * i + 3] !== 255 && !(Number(mask?.data[i]) > 0)) return false;
  return true;
}

const firstIndexOf = (fields: Fields) => fields.first_index as number | undefined;
const shownOf = (fields: Fields): ShownScales => (fields.partial_images ?? 0) as ShownScales;

function numClasses({ config }: ServedModel): number {
  if (config.transformer === null)
    throw new ApiError(501, "model: expected a transformer to draw with, got a tokenizer alone", {
      code: "not_supported",
    });
  return config.transformer.numClasses;
}

function checkPictures(count: number, limits: Limits): void {
  if (count > limits.pictures)
    throw invalid("n", `expected at most ${limits.pictures} pictures a request (labels x n), got ${count}`);
}

const tooLarge = (param: string, [width, height]: readonly [number, number], { pixels }: Limits): ApiError =>
  invalid(param, `expected at most ${pixels} pixels a picture, got ${width}x${height}`);
