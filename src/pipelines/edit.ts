/** Editing: in-painting and the tasks that reduce to it (paper section 3.4), and refining, which draws a picture at a higher resolution. */

import {
  blendByMask,
  canvasOf,
  checkMask,
  type EditMask,
  fillHole,
  holeOf,
  type Margins,
  plainMask,
  planWindows,
  resizeRgb,
  type WindowPass,
} from "../editing/index.ts";
import { OptionError } from "../errors/index.ts";
import {
  channelsOf,
  flattenAlpha,
  isOpaque,
  MAX_IMAGE_SIDE,
  type RgbaImage,
  type RgbImage,
  withAlpha,
} from "../image/index.ts";
import {
  type EditingInput,
  pickEditing,
  type ResolvedEditing,
  resolveEditing,
  type SamplingInput,
} from "../options/index.ts";
import { mapPerScale, type PixelSize } from "../sampling/index.ts";
import { cropFor, cropPass, croppedInpaint, inPhotograph } from "./crop.ts";
import { type EditEvent, type OpenModel, WHITE } from "./model.ts";
import { type PaintOptions, paint } from "./passes.ts";
import { resolvePlan } from "./resolve.ts";
import { windowPasses } from "./window-pass.ts";

/** What all image-to-image tasks take beside their picture. */
export interface EditOptions extends Omit<SamplingInput, "size" | "classLabels">, EditingInput, PaintOptions {
  /** 8-bit RGB or RGBA. The model sees transparent parts over white. */
  readonly image: RgbImage | RgbaImage;
}

export interface InpaintOptions extends EditOptions {
  /** The picture's size; 255 = repaint, 0 = keep to the byte, between: blend. */
  readonly mask: EditMask;
}

export interface OutpaintOptions extends EditOptions, Partial<Margins> {}

export interface ExpandOptions extends EditOptions {
  /** Width to height of the new canvas. */
  readonly ratio: number;
}

/** Guidance of edits that keep more than half of the picture, by default: what is kept says most of what the class would. */
const EDIT_GUIDANCE = 1.5;

/** An edit's options with its guidance decided: at most {@link EDIT_GUIDANCE} where more than half is kept, the model's default else. */
export function withGuidance<T extends Pick<EditOptions, "guidance">>(
  { config }: Pick<OpenModel, "config">,
  options: T,
  mask: EditMask | undefined,
): T {
  if (options.guidance !== undefined || mask === undefined) return options;
  let open = 0;
  for (let i = 0; i < mask.data.length; i++) if (mask.data[i]! > 0) open++;
  if (2 * open >= mask.data.length) return options;
  const { guidance } = resolvePlan(config, {});
  return { ...options, guidance: mapPerScale(guidance, (value) => Math.min(value, EDIT_GUIDANCE)) };
}

/**
 * Repaints what the mask says. With a class given, nothing under the mask (at 255) reaches any pixel of the result, unless
 * `strength` below 1 asks for it.
 * @throws OptionError for bad options; the signal's reason when aborted.
 */
export async function* inpaint(pipe: OpenModel, options: InpaintOptions): AsyncGenerator<EditEvent> {
  channelsOf(options.image);
  const mask = checkMask(options.mask, options.image);
  const editing = resolveEditing(pickEditing({ ...options }));
  const guided = withGuidance(pipe, options, mask);
  const crop = cropFor(pipe, mask, editing);
  if (crop !== undefined) {
    yield* inPhotograph(inpaint(pipe, croppedInpaint(guided, crop, editing)), options, crop, pipe.factor);
    return;
  }
  const original = withAlpha(options.image);
  const windows = windowPasses(pipe, guided, editing, inpaintPasses(pipe, mask, editing));
  const picture = flattenAlpha(original, WHITE);
  const hole = holeOf(mask);
  // Below full strength what is under the mask is wanted; otherwise it is gone before anything looks.
  const start = { picture: (editing.strength ?? 1) < 1 ? picture : fillHole(picture, hole, editing.fill), hole };
  const finish = (painted: RgbImage): RgbaImage => blendByMask(original, painted, mask);
  yield* paint(pipe, options, { ...windows, editing, start, finish });
}

/** In which windows a mask's hole is painted. */
export function inpaintPasses(
  { config, factor }: Pick<OpenModel, "config" | "factor">,
  mask: EditMask,
  { crop: choice, window = config.trainedSide * factor, padding, whole }: ResolvedEditing,
): WindowPass[] {
  const crop = cropFor({ config, factor }, mask, { crop: choice });
  if (crop !== undefined) return [cropPass(crop, factor)];
  return planWindows(holeOf(mask), mask.width, mask.height, { factor, window, padding, whole });
}

/** Continues a picture beyond its edges by whole numbers of pixels. @throws as {@link inpaint}. */
export async function* outpaint(pipe: OpenModel, options: OutpaintOptions): AsyncGenerator<EditEvent> {
  const { picture: image, mask } = canvasOf("outpaint", withAlpha(options.image), options);
  yield* inpaint(pipe, { ...options, image, mask });
}

/** Brings a picture to another ratio of sides by painting beside it (or above and below). @throws as {@link inpaint}. */
export async function* expand(pipe: OpenModel, options: ExpandOptions): AsyncGenerator<EditEvent> {
  const { picture: image, mask } = canvasOf("expand", withAlpha(options.image), options);
  yield* inpaint(pipe, { ...options, image, mask });
}

export interface RefineOptions extends EditOptions {
  /** Width and height of the result, pixels; not smaller than the picture. */
  readonly size: readonly [width: number, height: number];
}

/** Largest side that is refined in one window by default, in trained sides. */
const MOST_WHOLE = 2;

/** Share of the scales that is drawn anew by default. */
const STRENGTH = 0;

/**
 * Draws a picture at a higher resolution. It is enlarged (bicubic) and encoded; its tokens are kept at every scale (`strength` 0, by default: the
 * decoder alone sharpens it), or the finest share `strength` of the scales is sampled, but for grids up to the picture's own
 * size. What the result adds is only finer than the picture's own pixels: reduced to their size it is the picture again (back-projection, Irani and Peleg
 * 1991). Beyond twice the window's side (the trained size by default) it is done in windows.
 * @throws OptionError for bad options; the signal's reason when aborted.
 */
export async function* refine(pipe: OpenModel, options: RefineOptions): AsyncGenerator<EditEvent> {
  const original = withAlpha(options.image);
  const [width, height] = options.size;
  for (const [side, own] of [
    [width, original.width],
    [height, original.height],
  ] as const)
    if (!Number.isInteger(side) || side < own || side > MAX_IMAGE_SIDE)
      throw new OptionError(
        "size",
        `whole sides from the picture's own ${original.width}x${original.height} to ${MAX_IMAGE_SIDE}`,
        `${width}x${height}`,
      );
  const given = resolveEditing(pickEditing({ ...options }));
  const editing = { ...given, strength: given.strength ?? STRENGTH };
  const enlarged = resizeRgb(flattenAlpha(original, WHITE), width, height);
  const { hole, passes } = refinePasses(pipe, original, options.size, editing);
  const windows = windowPasses(pipe, options, editing, passes);
  const alpha = isOpaque(original) ? undefined : enlargedAlpha(original, width, height);
  const finish = (picture: RgbImage): RgbaImage => {
    const out = withAlpha(projected(picture, enlarged, original));
    if (alpha !== undefined) for (let i = 0; i < width * height; i++) out.data[4 * i + 3] = alpha.data[3 * i]!;
    return out;
  };
  const guessFrom = { picture: enlarged, hole: new Uint8Array(hole.length) };
  yield* paint(pipe, options, { ...windows, editing, start: { picture: enlarged, hole }, guessFrom, finish });
}

/** What is painted (everything), and in which windows. */
export function refinePasses(
  { config, factor }: Pick<OpenModel, "config" | "factor">,
  original: PixelSize,
  [width, height]: readonly [number, number],
  { window, whole, padding }: Pick<ResolvedEditing, "window" | "whole" | "padding">,
): { hole: Uint8Array; passes: WindowPass[] } {
  const trained = config.trainedSide * factor;
  const most = MOST_WHOLE * trained;
  const hole = plainMask(width, height, 1).data;
  const zoom = Math.max(width / original.width, height / original.height);
  const passes = planWindows(hole, width, height, {
    factor,
    window: window ?? trained,
    padding,
    whole: whole || (window === undefined && width <= most && height <= most),
  })
    .filter(({ draft }) => !draft)
    .map((pass): WindowPass => ({ ...pass, zoom }));
  return { hole, passes };
}

/** The enlarged picture with what is finer than the original's pixels of another; at the original's own size the other itself. */
function projected(picture: RgbImage, enlarged: RgbImage, { width, height }: RgbaImage): RgbImage {
  if (picture.width === width && picture.height === height) return picture;
  const coarse = resizeRgb(resizeRgb(picture, width, height), picture.width, picture.height);
  const data = enlarged.data.map((value, i) => Math.min(255, Math.max(0, value + picture.data[i]! - coarse.data[i]!)));
  return { ...picture, data };
}

function enlargedAlpha({ data, width, height }: RgbaImage, toWidth: number, toHeight: number): RgbImage {
  const grey = Uint8Array.from({ length: width * height * 3 }, (_, i) => data[4 * Math.floor(i / 3) + 3]!);
  return resizeRgb({ data: grey, width, height }, toWidth, toHeight);
}
