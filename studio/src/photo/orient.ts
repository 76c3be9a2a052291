/** Pixels as they lie in a file, and upright: the eight orientations of EXIF. */
import type { PixelRect } from "flexvar/image";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Size upright of pixels stored so. */
export const uprightSize = ({ width, height }: Size, orientation: number): Size =>
  orientation >= 5 ? { width: height, height: width } : { width, height };

/** Where a pixel that is upright at x, y is stored. @param stored size as stored */
function storedPlace(
  orientation: number,
  x: number,
  y: number,
  { width, height }: Size,
): readonly [x: number, y: number] {
  const [right, bottom] = [width - 1, height - 1];
  switch (orientation) {
    case 2:
      return [right - x, y];
    case 3:
      return [right - x, bottom - y];
    case 4:
      return [x, bottom - y];
    case 5:
      return [y, x];
    case 6:
      return [y, bottom - x];
    case 7:
      return [right - y, bottom - x];
    case 8:
      return [right - y, x];
    default:
      return [x, y];
  }
}

/** Where an upright part is stored. */
export function storedRect(orientation: number, { left, top, width, height }: PixelRect, stored: Size): PixelRect {
  const [x0, y0] = storedPlace(orientation, left, top, stored);
  const [x1, y1] = storedPlace(orientation, left + width - 1, top + height - 1, stored);
  return {
    left: Math.min(x0, x1),
    top: Math.min(y0, y1),
    width: Math.abs(x1 - x0) + 1,
    height: Math.abs(y1 - y0) + 1,
  };
}

/** RGBA pixels of a stored part, upright. @param size of the stored part */
export function upright(pixels: Uint8Array, size: Size, orientation: number): Uint8Array {
  if (orientation === 1) return pixels;
  const { width, height } = uprightSize(size, orientation);
  const from = new Uint32Array(pixels.buffer, pixels.byteOffset, pixels.length / 4);
  const to = new Uint32Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [column, row] = storedPlace(orientation, x, y, size);
      to[y * width + x] = from[row * size.width + column]!;
    }
  return new Uint8Array(to.buffer);
}
