import { OptionError } from "../errors/index.ts";
import type { Random } from "../sampling/index.ts";
import type { Picture } from "./dataset.ts";
import { resample, type Surround, type View } from "./resample.ts";

/** A closed range, low to high. */
type Range = readonly [low: number, high: number];

/** Random changes to a training picture. */
export interface AugmentOptions {
  /** Side of the random square crop, as a share of the short side. The paper's code: 0.88 to 1. */
  readonly crop: Range;
  /** Probability of mirroring. */
  readonly flip: number;
  /** Size of the drawing within the canvas; below 1 shrinks it and shows the surround. */
  readonly scale: Range;
  /** Largest displacement, each way, as a share of the canvas. */
  readonly shift: number;
  /** What shows where the view reaches beyond the picture. */
  readonly surround: Surround;
}

/** The centre square of a picture: what validation sees. */
export function centreView({ width, height }: { readonly width: number; readonly height: number }): View {
  const side = Math.min(width, height);
  return { left: (width - side) / 2, top: (height - side) / 2, width: side, height: side, flip: false };
}

/**
 * Draws what a training step sees of a picture: resize so that the short side is round(size / ratio), crop `size`
 * pixels at a whole offset, then scale, shift and mirror; all in one rectangle, so that pixels are resampled once.
 * Always takes the same number of values from `random`, whatever the options.
 * @param size side of the result in pixels
 */
export function drawView(
  { width, height }: { readonly width: number; readonly height: number },
  size: number,
  options: AugmentOptions,
  random: Random,
): View {
  const [ratio, x, y, flip, zoom, dx, dy] = Array.from({ length: 7 }, () => random.uniform()) as Seven;
  const short = Math.min(width, height);
  const resized = Math.max(size, Math.round(size / between(options.crop, ratio)));
  const unit = short / resized;
  const offset = (length: number, u: number) => {
    const room = Math.max(0, Math.round(length / unit) - size);
    return Math.min(Math.floor(u * (room + 1)), room) * unit;
  };
  const side = size * unit;
  const canvas = side / between(options.scale, zoom);
  const margin = (canvas - side) / 2;
  return {
    left: offset(width, x) - margin + (2 * dx - 1) * options.shift * canvas,
    top: offset(height, y) - margin + (2 * dy - 1) * options.shift * canvas,
    width: canvas,
    height: canvas,
    flip: flip < options.flip,
  };
}

type Seven = [number, number, number, number, number, number, number];

function between([low, high]: Range, u: number): number {
  return low + (high - low) * u;
}

/**
 * Writes a view of a picture into a batch: channels first, in [-1, 1] (0 → -1, 255 → 1).
 * @param out a [B, 3, size, size] array
 * @param row the picture's place in the batch
 */
export function writeView(
  picture: Picture,
  view: View,
  size: number,
  surround: Surround,
  out: Float32Array,
  row: number,
): void {
  const values = resample(picture, view, size, size, surround);
  const plane = size * size;
  const base = row * 3 * plane;
  for (let c = 0; c < 3; c++) {
    for (let i = 0, from = c, to = base + c * plane; i < plane; i++, from += 3, to++) {
      const value = values[from]! / 127.5 - 1;
      out[to] = value < -1 ? -1 : value > 1 ? 1 : value;
    }
  }
}

/** Checks augmentation options. @throws RangeError naming the option */
export function checkAugment(options: AugmentOptions): void {
  checkRange("crop", options.crop, 0, 1);
  checkRange("scale", options.scale, 0, 4);
  if (!(options.flip >= 0 && options.flip <= 1)) {
    throw new OptionError("augment.flip", "a probability", options.flip);
  }
  if (!(options.shift >= 0 && options.shift <= 1)) {
    throw new OptionError("augment.shift", "a share from 0 to 1", options.shift);
  }
}

function checkRange(name: string, [low, high]: Range, above: number, most: number): void {
  if (!(low > above && low <= high && high <= most)) {
    throw new OptionError(`augment.${name}`, `${above} < low <= high <= ${most}`, `${low}..${high}`);
  }
}
