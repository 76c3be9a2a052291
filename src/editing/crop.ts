/** The part of a photograph that one edit works on: around the mask, scaled to what the model was trained on. */
import { OptionError } from "../errors/index.ts";
import type { PixelRect } from "../image/index.ts";
import type { PixelSize } from "../sampling/index.ts";
import type { EditMask } from "./mask.ts";
import { placedAround } from "./window.ts";

/** A part of a picture, and how the model sees it. */
export interface Crop {
  /** Inside the picture, in its pixels. */
  readonly region: PixelRect;
  /** Size in pixels at which the model works on it; the region's own where `zoom` is 1. */
  readonly work: PixelSize;
  /** Pixels of the picture per pixel of the model along a side, at least 1: above 1 what is painted is coarser than the picture. */
  readonly zoom: number;
}

export interface CropOptions {
  /** Side in pixels of the pictures that the model was trained on. */
  readonly side: number;
  /** Pixels on a side of one token; 1 by default. */
  readonly factor?: number | undefined;
  /** What is shown around the hole on every side, as a share of the hole's mean side (the root of width times height); 0.5 by default. */
  readonly context?: number | undefined;
}

/** What an edit of a photograph works on: `none`: windows over the whole; `auto`: a part around the mask; or that part. */
export type CropChoice = "auto" | "none" | PixelRect;

/** Reads `auto`, `none` or a region as `x,y,width,height` in pixels. @throws OptionError for other texts */
export function parseCrop(text: string): CropChoice {
  const word = text.trim();
  if (word === "auto" || word === "none") return word;
  const numbers = word.split(",").map((part) => (/^ *\d{1,6} *$/.test(part) ? Number(part) : Number.NaN));
  const [left = 0, top = 0, width = 0, height = 0] = numbers;
  if (numbers.length !== 4 || numbers.some(Number.isNaN) || width < 1 || height < 1)
    throw new OptionError("crop", "auto, none or a region as x,y,width,height in pixels", `"${text}"`);
  return { left, top, width, height };
}

/** Regions are at most this many times as long as high, where the picture allows it: the model draws such ratios whole. */
const LONGEST_RATIO = 2;
/** Regions up to so many times the trained side along a side (in the mean) are worked on at the picture's own scale. */
const MOST_AT_OWN_SCALE = 1.25;
const CONTEXT = 0.5;

/** The smallest part around everything that a mask repaints; undefined where it repaints nothing. Reads each value once. */
export function maskBounds({ data, width, height }: EditMask): PixelRect | undefined {
  let [left, right, top, bottom] = [width, -1, -1, -1];
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width, (y + 1) * width);
    const first = row.findIndex((value) => value > 0);
    if (first === -1) continue;
    let last = width - 1;
    while (row[last] === 0) last--;
    if (top === -1) top = y;
    bottom = y;
    left = Math.min(left, first);
    right = Math.max(right, last);
  }
  return top === -1 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/**
 * The part around a hole that an edit works on: the hole with its context, no longer than twice its height (or the reverse), at least
 * the trained side long, moved inside the picture. The model works on it with no more than about the area that it was trained on,
 * whatever the picture's size, in whole tokens where the region is scaled.
 * @param bounds of the hole, in pixels of the picture; see {@link maskBounds}
 */
export function cropAround(
  bounds: PixelRect,
  picture: PixelSize,
  { side, factor = 1, context = CONTEXT }: CropOptions,
): Crop {
  const around = 2 * Math.ceil(context * Math.sqrt(bounds.width * bounds.height));
  const [wide, high] = [Math.max(side, bounds.width + around), Math.max(side, bounds.height + around)];
  const width = Math.min(picture.width, Math.max(wide, Math.ceil(high / LONGEST_RATIO)));
  const height = Math.min(picture.height, Math.max(high, Math.ceil(wide / LONGEST_RATIO)));
  return scaled({ ...placedAround(bounds, width, height, picture), width, height }, picture, { side, factor });
}

/**
 * The crop that a choice makes of a picture; undefined for none.
 * @throws OptionError for a region that is not inside the picture or does not hold all of the hole.
 */
export function cropOf(
  choice: CropChoice,
  bounds: PixelRect,
  picture: PixelSize,
  options: CropOptions,
): Crop | undefined {
  if (choice === "none") return undefined;
  if (choice === "auto") return cropAround(bounds, picture, options);
  const text = ({ left, top, width, height }: PixelRect): string => `${left},${top},${width},${height}`;
  const isInside = choice.left + choice.width <= picture.width && choice.top + choice.height <= picture.height;
  if (!isInside)
    throw new OptionError("crop", `a part of the picture's ${picture.width}x${picture.height}`, text(choice));
  if (!holds(choice, bounds))
    throw new OptionError("crop", `a part that holds all that the mask repaints, ${text(bounds)}`, text(choice));
  return fitted(choice, options);
}

const holds = (outer: PixelRect, inner: PixelRect): boolean =>
  outer.left <= inner.left &&
  outer.top <= inner.top &&
  outer.left + outer.width >= inner.left + inner.width &&
  outer.top + outer.height >= inner.top + inner.height;

/** A region at the model's scale, as it is. */
function fitted(region: PixelRect, { side, factor = 1 }: CropOptions): Crop {
  const { width, height } = region;
  const mean = Math.sqrt(width * height) / side;
  if (mean <= MOST_AT_OWN_SCALE) return { region, work: { width, height }, zoom: 1 };
  const tokens = (pixels: number): number => factor * Math.max(1, Math.round(pixels / mean / factor));
  const work = { width: Math.min(width, tokens(width)), height: Math.min(height, tokens(height)) };
  return { region, work, zoom: Math.max(width / work.width, height / work.height) };
}

/** A region at the model's scale, widened to the ratio of its tokens where the picture has room. */
function scaled(region: PixelRect, picture: PixelSize, options: CropOptions): Crop {
  const { work, zoom } = fitted(region, options);
  const width = Math.min(picture.width, Math.ceil(work.width * zoom));
  const height = Math.min(picture.height, Math.ceil(work.height * zoom));
  return { region: { ...placedAround(region, width, height, picture), width, height }, work, zoom };
}
