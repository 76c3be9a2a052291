/** Wider canvases: a picture placed on one, and what of it is to be painted. */
import { OptionError } from "../errors/index.ts";
import { MAX_IMAGE_SIDE, type RgbaImage } from "../image/index.ts";
import type { EditMask } from "./mask.ts";

/** Pixels to add at each side. */
export interface Margins {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The widened canvas, black and transparent around the picture, and the mask of what is new. @throws OptionError for margins that add nothing or too much. */
export function widenCanvas(picture: RgbaImage, margins: Margins): { picture: RgbaImage; mask: EditMask } {
  const { left, right, top, bottom } = margins;
  for (const [side, pixels] of Object.entries(margins))
    if (!Number.isInteger(pixels) || pixels < 0)
      throw new OptionError(side, "a whole number of pixels of at least 0", pixels);
  const [width, height] = [picture.width + left + right, picture.height + top + bottom];
  if (width === picture.width && height === picture.height)
    throw new OptionError("left", "pixels to add at one side at least", "none (left, right, top, bottom)");
  if (width > MAX_IMAGE_SIDE || height > MAX_IMAGE_SIDE)
    throw new OptionError("left", `a canvas of at most ${MAX_IMAGE_SIDE} pixels a side`, `${width}x${height}`);
  const data = new Uint8Array(width * height * 4);
  const mask = new Uint8Array(width * height).fill(255);
  for (let y = 0; y < picture.height; y++) {
    const to = (top + y) * width + left;
    data.set(picture.data.subarray(y * picture.width * 4, (y + 1) * picture.width * 4), to * 4);
    mask.fill(0, to, to + picture.width);
  }
  return { picture: { data, width, height }, mask: { data: mask, width, height } };
}

/** A ratio of width to height as text: `2:1`, `16x9` or a number. @throws OptionError for other texts, or ratios beyond 1:16 to 16:1. */
export function parseRatio(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(?:\s*[:x/]\s*(\d+(?:\.\d+)?))?$/.exec(text.trim());
  const ratio = match === null ? Number.NaN : Number(match[1]) / Number(match[2] ?? 1);
  if (!(ratio >= 1 / 16 && ratio <= 16))
    throw new OptionError("ratio", "width to height such as 2:1, from 1:16 to 16:1", `"${text}"`);
  return ratio;
}

/**
 * Margins that bring a picture to a ratio of width to height by adding to one axis, the picture in the middle (an odd pixel goes to
 * the right or bottom).
 * @throws OptionError where the picture has that ratio.
 */
export function marginsForRatio({ width, height }: { width: number; height: number }, ratio: number): Margins {
  const wide = Math.max(width, Math.round(height * ratio));
  const high = Math.max(height, Math.round(width / ratio));
  const [x, y] = [wide - width, high - height];
  if (x === 0 && y === 0)
    throw new OptionError("ratio", `another ratio than the picture's own, ${width}x${height}`, ratio);
  return { left: Math.floor(x / 2), right: Math.ceil(x / 2), top: Math.floor(y / 2), bottom: Math.ceil(y / 2) };
}

/** What outpaint and expand take beside a picture: pixels to add at sides, or a ratio of width to height. */
export interface CanvasOptions extends Partial<Margins> {
  readonly ratio?: number | undefined;
}

/**
 * The canvas of a task that widens one, and the mask of what is new on it.
 * @param check is told the size before anything of it is made.
 * @throws OptionError for margins or ratios that add nothing or too much.
 */
export function canvasOf(
  task: "outpaint" | "expand",
  picture: RgbaImage,
  { left = 0, right = 0, top = 0, bottom = 0, ratio = Number.NaN }: CanvasOptions,
  check: (size: readonly [width: number, height: number]) => void = () => {},
): { picture: RgbaImage; mask: EditMask } {
  const margins = task === "outpaint" ? { left, right, top, bottom } : marginsForRatio(picture, ratio);
  check([picture.width + margins.left + margins.right, picture.height + margins.top + margins.bottom]);
  return widenCanvas(picture, margins);
}
