/** Editing requests to work: every field read, checked against the model and the limits, and turned into the library's options. */
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
import { EDITING_FIELDS, type EditTask, pickEditing, present, resolveEditing } from "../options/index.ts";
import { cropFor, type EditOptions, fitEdit, type PhotoTarget } from "../pipelines/node.ts";
import { classPicksOf } from "../pretrained/index.ts";
import { parsePair } from "../sampling/index.ts";
import { pictureBytes } from "./base64.ts";
import type { Work } from "./engine.ts";
import { invalid } from "./errors.ts";
import type { Fields } from "./fields.ts";
import type { Limits } from "./limits.ts";
import { picture } from "./request-picture.ts";
import {
  checkPictures,
  firstIndexOf,
  numClasses,
  optionsFrom,
  outputOf,
  resolve,
  type ServedModel,
  samplingInput,
  shownOf,
  tooLarge,
} from "./request-sampling.ts";

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
