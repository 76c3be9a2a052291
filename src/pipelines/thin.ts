/** Pictures made small to be looked at while the work goes on. */
import type { PixelRect } from "../image/index.ts";

/** Samples of pixels, [H, W, channels]. */
interface Samples {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The whole number by which a picture is thinned so that no side is over `longest`. */
export const thinning = ({ width, height }: Pick<Samples, "width" | "height">, longest: number): number =>
  Math.max(1, Math.ceil(Math.max(width, height) / longest));

/** Every k-th pixel of every k-th row; the picture itself for 1. */
export function thinned<T extends Samples>(image: T, k: number): Samples {
  if (k === 1) return image;
  const channels = image.data.length / (image.width * image.height);
  const [width, height] = [Math.ceil(image.width / k), Math.ceil(image.height / k)];
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = (y * k * image.width + x * k) * channels;
      for (let c = 0; c < channels; c++) data[(y * width + x) * channels + c] = image.data[from + c]!;
    }
  return { data, width, height };
}

/** A part of a picture in the thinned one. */
export function thinnedRect({ left, top, width, height }: PixelRect, k: number): PixelRect {
  const [x, y] = [Math.floor(left / k), Math.floor(top / k)];
  return { left: x, top: y, width: Math.ceil((left + width) / k) - x, height: Math.ceil((top + height) / k) - y };
}
