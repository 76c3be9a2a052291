import { cubic } from "../image/index.ts";
import type { Picture } from "./dataset.ts";

/** A rectangle of a picture in its pixels; it may be fractional and may reach beyond the edges. */
export interface View {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Mirror left and right. */
  readonly flip: boolean;
}

/** What lies beyond a picture's edges: the edge pixels repeated, or a colour. */
export type Surround = "edge" | readonly [number, number, number];

/** The taps of one axis: output `o` is the weighted sum of `count` inputs from `first[o]` on. */
interface Taps {
  readonly count: number;
  readonly first: Int32Array;
  /** `count` weights an output, each row summing to 1. */
  readonly weights: Float64Array;
}

/**
 * Weights that carry `length` input units starting at `begin` to `size` outputs, in reverse order when mirrored; the
 * kernel widens when it shrinks.
 */
function tapsOf(begin: number, length: number, size: number, mirrored: boolean): Taps {
  const step = length / size;
  const widen = Math.max(1, step);
  const radius = 2 * widen;
  const count = Math.ceil(2 * radius);
  const first = new Int32Array(size);
  const weights = new Float64Array(size * count);
  for (let i = 0; i < size; i++) {
    const o = mirrored ? size - 1 - i : i;
    const centre = begin + (i + 0.5) * step;
    const start = Math.ceil(centre - radius - 0.5);
    first[o] = start;
    let total = 0;
    for (let t = 0; t < count; t++) {
      const weight = cubic((start + t + 0.5 - centre) / widen, -0.5);
      weights[o * count + t] = weight;
      total += weight;
    }
    for (let t = 0; t < count; t++) weights[o * count + t]! /= total;
  }
  return { count, first, weights };
}

/**
 * The picture seen through `view`, as `width` × `height` RGB values in 0..255, not rounded or clamped: cubic, with
 * antialiasing when it shrinks. Plain double arithmetic: the same result on every machine.
 */
export function resample(
  picture: Picture,
  view: View,
  width: number,
  height: number,
  surround: Surround,
): Float32Array {
  if (copies(picture, view, width, height)) return copied(picture, view, width, height);
  const down = tapsOf(view.top, view.height, height, false);
  const firstRow = down.first[0]!;
  const rows = down.first[height - 1]! + down.count - firstRow;
  const wide = resampleRows(picture, tapsOf(view.left, view.width, width, view.flip), firstRow, rows, surround);
  const stride = width * 3;
  const out = new Float32Array(height * stride);
  const sums = new Float64Array(stride);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let t = 0; t < down.count; t++) {
      const weight = down.weights[y * down.count + t]!;
      const base = (down.first[y]! - firstRow + t) * stride;
      if (weight !== 0) for (let i = 0; i < stride; i++) sums[i]! += weight * wide[base + i]!;
    }
    out.set(sums, y * stride);
  }
  return out;
}

/** Whether the view is whole pixels of the picture, one for one: then resampling is copying. */
function copies(picture: Picture, { left, top, width, height }: View, toWidth: number, toHeight: number): boolean {
  const whole = Number.isInteger(left) && Number.isInteger(top) && width === toWidth && height === toHeight;
  return whole && left >= 0 && top >= 0 && left + width <= picture.width && top + height <= picture.height;
}

function copied(
  { data, width: stride }: Picture,
  { left, top, flip }: View,
  width: number,
  height: number,
): Float32Array {
  const out = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * ((top + y) * stride + left + (flip ? width - 1 - x : x));
      for (let c = 0; c < 3; c++) out[3 * (y * width + x) + c] = data[from + c]!;
    }
  }
  return out;
}

/** Rows `firstRow` up to `firstRow + rows` (which may lie beyond the picture), resampled to the output's width. */
function resampleRows(
  { data, width, height }: Picture,
  taps: Taps,
  firstRow: number,
  rows: number,
  surround: Surround,
): Float64Array {
  const size = taps.first.length;
  const columns = columnOffsets(taps, width, surround);
  const colour = surround === "edge" ? [0, 0, 0] : surround;
  const out = new Float64Array(rows * size * 3);
  for (let y = 0; y < rows; y++) {
    const row = firstRow + y;
    if (surround !== "edge" && (row < 0 || row >= height)) {
      for (let x = 0; x < size; x++) out.set(colour, 3 * (y * size + x));
      continue;
    }
    const start = Math.min(Math.max(row, 0), height - 1) * width * 3;
    for (let x = 0, k = 0; x < size; x++) {
      let [r, g, b, beyond] = [0, 0, 0, 0];
      for (let t = 0; t < taps.count; t++, k++) {
        const weight = taps.weights[k]!;
        const column = columns[k]!;
        if (column < 0) beyond += weight;
        else {
          r += weight * data[start + column]!;
          g += weight * data[start + column + 1]!;
          b += weight * data[start + column + 2]!;
        }
      }
      const at = 3 * (y * size + x);
      out[at] = r + beyond * colour[0]!;
      out[at + 1] = g + beyond * colour[1]!;
      out[at + 2] = b + beyond * colour[2]!;
    }
  }
  return out;
}

/** Where each tap reads within a row of RGB bytes: the edge pixel beyond the edges, or -1 for the surround's colour. */
function columnOffsets({ count, first }: Taps, width: number, surround: Surround): Int32Array {
  const offsets = new Int32Array(first.length * count);
  for (let k = 0; k < offsets.length; k++) {
    const column = first[Math.floor(k / count)]! + (k % count);
    const inside = Math.min(Math.max(column, 0), width - 1);
    offsets[k] = surround !== "edge" && inside !== column ? -1 : 3 * inside;
  }
  return offsets;
}
