/** The picture under the brush: its pixels, what is masked, how far the canvas reaches beyond it. */
import type { Pixels } from "../backend/types.ts";
import type { PhotoMask } from "../photo/messages.ts";
import type { Photo } from "../photo/photo.ts";
import { type Frame, pixelsWithin, unionOf } from "./view.ts";

export const SIDES = ["left", "right", "top", "bottom"] as const;
export type Side = (typeof SIDES)[number];

/** Pixels of the canvas beyond the picture. */
export type Margins = Readonly<Record<Side, number>>;

const NO_MARGINS: Margins = { left: 0, right: 0, top: 0, bottom: 0 };

/** A picture as it is shown: of a photograph a bitmap, which no page needs to read. */
export type ShownPicture = HTMLCanvasElement | ImageBitmap;

/** One state of the picture; canvases in it are never drawn on again. */
export interface Sheet {
  readonly image: ShownPicture;
  /** Opaque where to repaint; as large as the picture with its margins. */
  readonly mask: HTMLCanvasElement;
  readonly margins: Margins;
  /** The photograph that `image` only shows, smaller: what was painted into it is kept at its own size. */
  readonly photo?: Photo | undefined;
}

/** Longest side of files that are edited as a whole; larger ones are photographs, or made smaller where the browser cannot decode those. */
export const MOST_SIDE = 512;
/** Longest side of what is shown of a photograph. */
export const MOST_SHOWN = 2048;
/** Longest side of what the model made. */
export const MOST_MADE = 4096;

function blankCanvas(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

export const contextOf = (canvas: HTMLCanvasElement): CanvasRenderingContext2D =>
  canvas.getContext("2d", { willReadFrequently: true })!;

/** A copy of a mask. Of what is not masked nothing is touched: that takes most of the time. */
function copyOf(mask: HTMLCanvasElement): HTMLCanvasElement {
  const copy = blankCanvas(mask.width, mask.height);
  const bounds = boundsOfMask(mask);
  if (bounds === undefined) return copy;
  const { left, top, width, height } = bounds;
  contextOf(copy).drawImage(mask, left, top, width, height, left, top, width, height);
  return copy;
}

/** A sheet with nothing masked. */
export function freshSheet(image: ShownPicture, photo?: Photo): Sheet {
  const mask = blankCanvas(image.width, image.height);
  knownBounds.set(mask, false);
  return { image, mask, margins: NO_MARGINS, ...(photo && { photo }) };
}

function unreadable(error: unknown): never {
  throw new Error("This file is no picture that the browser can read. Try a PNG, JPEG or WebP.", { cause: error });
}

/** Width and height of a picture file, upright. @throws Error in words. */
export async function sizeOf(file: Blob): Promise<{ readonly width: number; readonly height: number }> {
  const picture = new Image();
  const address = URL.createObjectURL(file);
  picture.src = address;
  try {
    await new Promise((resolve, reject) => {
      picture.onload = resolve;
      picture.onerror = reject;
    }).catch(unreadable);
    return { width: picture.naturalWidth, height: picture.naturalHeight };
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Pixels of the shown picture for one of its photograph; 1 where it is no photograph. */
export const shownScale = ({ image, photo }: Sheet): number => (photo === undefined ? 1 : image.width / photo.width);

/** Reads a picture file over white, at most `most` pixels a side. @throws Error in words. */
export async function readPicture(file: Blob, most = MOST_SIDE): Promise<HTMLCanvasElement> {
  const bitmap = await createImageBitmap(file).catch(unreadable);
  const shrink = Math.min(1, most / Math.max(bitmap.width, bitmap.height));
  const side = (length: number): number => Math.max(1, Math.round(length * shrink));
  const canvas = blankCanvas(side(bitmap.width), side(bitmap.height));
  const context = contextOf(canvas);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas;
}

/** The sheet with other margins; the mask keeps its place on the picture. */
export function withMargins(sheet: Sheet, next: Margins): Sheet {
  const { image, mask, margins } = sheet;
  const moved = blankCanvas(image.width + next.left + next.right, image.height + next.top + next.bottom);
  contextOf(moved).drawImage(mask, next.left - margins.left, next.top - margins.top);
  return { ...sheet, mask: moved, margins: next };
}

/** Whether the canvas reaches beyond the picture. */
export const isExtended = ({ margins }: Sheet): boolean => Object.values(margins).some((side) => side > 0);

const knownBounds = new WeakMap<HTMLCanvasElement, Frame | false>();

/** The smallest part of the picture with its margins in which anything is masked; undefined where nothing is. */
export function maskBounds({ mask, margins }: Sheet): Frame | undefined {
  const found = boundsOfMask(mask);
  return found && { ...found, left: found.left - margins.left, top: found.top - margins.top };
}

/** Where a canvas has something, as far as that was looked for: `false` says nowhere. */
export const knownPart = (canvas: HTMLCanvasElement): Frame | false | undefined => knownBounds.get(canvas);

function boundsOfMask(mask: HTMLCanvasElement): Frame | undefined {
  const known = knownBounds.get(mask);
  if (known !== undefined) return known || undefined;
  const found = readBounds(mask, { left: 0, top: 0, width: mask.width, height: mask.height });
  knownBounds.set(mask, found ?? false);
  return found;
}

/** Bounds of what is masked within a part. */
function readBounds(mask: HTMLCanvasElement, part: Frame | undefined): Frame | undefined {
  if (part === undefined) return undefined;
  const { left, top, width, height } = part;
  const { data } = contextOf(mask).getImageData(left, top, width, height);
  const found = boundsOf(new Uint32Array(data.buffer), width, height);
  return found && { ...found, left: left + found.left, top: top + found.top };
}

/** What was drawn on a mask: no pixel beyond a part of it, and whether nothing was taken away. */
export interface MaskChange {
  readonly part: Frame;
  readonly adds: boolean;
}

/** A copy of a mask with something drawn on it. @param change spares reading the whole of it */
export function maskWith(
  before: HTMLCanvasElement,
  draw: (context: CanvasRenderingContext2D) => void,
  change?: MaskChange,
): HTMLCanvasElement {
  const mask = copyOf(before);
  draw(contextOf(mask));
  if (change === undefined) return mask;
  const known = boundsOfMask(before);
  const part = pixelsWithin(change.part, mask);
  const after = change.adds ? unionOf(known, readBounds(mask, part)) : readBounds(mask, unionOf(known, part));
  knownBounds.set(mask, after ?? false);
  return mask;
}

/** Bounds of the pixels that are not clear. @param pixels one number each, row by row. */
export function boundsOf(pixels: Uint32Array, width: number, height: number): Frame | undefined {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0; y < height; y++) {
    const end = (y + 1) * width;
    let first = y * width;
    while (first < end && pixels[first] === 0) first++;
    if (first === end) continue;
    let last = end - 1;
    while (pixels[last] === 0) last--;
    if (top > y) top = y;
    bottom = y;
    left = Math.min(left, first - y * width);
    right = Math.max(right, last - y * width);
  }
  return bottom < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Whether anything of the picture itself is masked. */
export function isBrushed({ image, mask, margins }: Sheet): boolean {
  const { data } = contextOf(mask).getImageData(margins.left, margins.top, image.width, image.height);
  for (let at = 3; at < data.length; at += 4) if (data[at]! > 127) return true;
  return false;
}

/** The mask of a photograph in a part of it, with a soft edge of some pixels of what is shown. */
export function photoMask(sheet: Sheet, region: Frame, softness: number): PhotoMask {
  const scale = shownScale(sheet);
  const [left, top] = [Math.floor(region.left * scale), Math.floor(region.top * scale)];
  const width = Math.ceil((region.left + region.width) * scale) - left;
  const height = Math.ceil((region.top + region.height) * scale) - top;
  const context = contextOf(blankCanvas(width, height));
  context.filter = softness > 0 ? `blur(${softness}px)` : "none";
  context.drawImage(sheet.mask, -left, -top);
  const { data } = context.getImageData(0, 0, width, height);
  const alpha = new Uint8Array(width * height);
  for (let i = 0; i < alpha.length; i++) alpha[i] = data[4 * i + 3]!;
  return {
    data: alpha,
    width,
    height,
    left,
    top,
    scale,
  };
}

/** The picture on its canvas, and the mask with a soft edge of some pixels; what lies beyond the picture is masked whole. */
export function forModel(sheet: Sheet, softness: number): { image: Pixels; mask: Uint8Array<ArrayBuffer> } {
  const { image, mask, margins } = sheet;
  const { width, height } = mask;
  const wide = blankCanvas(width, height);
  const context = contextOf(wide);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(image, margins.left, margins.top);
  const soft = blankCanvas(width, height);
  const softContext = contextOf(soft);
  softContext.filter = softness > 0 ? `blur(${softness}px)` : "none";
  softContext.drawImage(mask, 0, 0);
  const alpha = softContext.getImageData(0, 0, width, height).data;
  const values = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const beyond =
        x < margins.left || y < margins.top || x >= margins.left + image.width || y >= margins.top + image.height;
      const value = alpha[4 * (y * width + x) + 3]!;
      values[y * width + x] = beyond ? 255 : softness > 0 ? value : value > 127 ? 255 : 0;
    }
  return { image: pixelsOf(wide), mask: values };
}

/** A shown picture as a canvas, which can be read and encoded. */
export function canvasOf(picture: ShownPicture): HTMLCanvasElement {
  if (!(picture instanceof ImageBitmap)) return picture;
  const canvas = blankCanvas(picture.width, picture.height);
  contextOf(canvas).drawImage(picture, 0, 0);
  return canvas;
}

export function pixelsOf(picture: ShownPicture): Pixels {
  const { width, height } = picture;
  const { data } = contextOf(canvasOf(picture)).getImageData(0, 0, width, height);
  return { data: new Uint8Array(data), width, height };
}
