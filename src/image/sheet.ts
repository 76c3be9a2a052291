import { ExpectedError } from "../errors/index.ts";
import { checkRgb, type RgbImage } from "./pixels.ts";

export interface SheetOptions {
  /** Pictures a row; as square as possible by default. */
  readonly columns?: number;
  /** Pixels between and around the pictures. */
  readonly margin?: number;
  /** Colour of margins and empty places. */
  readonly background?: readonly [r: number, g: number, b: number];
}

const MAX_SHEET_BYTES = 2 ** 30;

/**
 * Lays pictures out in rows, in their order, on one sheet. Cells have the size of the largest picture; smaller ones are
 * centred.
 * @throws RangeError for no pictures, or a sheet of more than 1 GiB.
 */
export function contactSheet(images: readonly RgbImage[], options: SheetOptions = {}): RgbImage {
  if (images.length === 0) throw new RangeError("contactSheet: expected at least one picture, got none");
  const columns = Math.min(options.columns ?? Math.ceil(Math.sqrt(images.length)), images.length);
  const margin = options.margin ?? 4;
  for (const [name, value, least] of [
    ["columns", columns, 1],
    ["margin", margin, 0],
  ] as const) {
    if (!Number.isInteger(value) || value < least) {
      throw new RangeError(`contactSheet: expected ${name} of at least ${least}, got ${value}`);
    }
  }
  const rows = Math.ceil(images.length / columns);
  const cellWidth = Math.max(...images.map((image) => image.width));
  const cellHeight = Math.max(...images.map((image) => image.height));
  const width = columns * (cellWidth + margin) + margin;
  const height = rows * (cellHeight + margin) + margin;
  if (width * height * 3 > MAX_SHEET_BYTES) {
    throw new ExpectedError(`contactSheet: expected a sheet of at most 1 GiB, got ${width}x${height} pixels`);
  }
  const data = filled(width * height, options.background ?? [255, 255, 255]);
  images.forEach((image, i) => {
    checkRgb(image);
    const left = margin + (i % columns) * (cellWidth + margin) + Math.floor((cellWidth - image.width) / 2);
    const top = margin + Math.floor(i / columns) * (cellHeight + margin) + Math.floor((cellHeight - image.height) / 2);
    for (let y = 0; y < image.height; y++) {
      const row = image.data.subarray(y * image.width * 3, (y + 1) * image.width * 3);
      data.set(row, ((top + y) * width + left) * 3);
    }
  });
  return { data, width, height };
}

function filled(pixels: number, [r, g, b]: readonly [number, number, number]): Uint8Array {
  const data = new Uint8Array(pixels * 3);
  for (let i = 0; i < data.length; i += 3) {
    data[i] = r;
    data[i + 1] = g;
    data[i + 2] = b;
  }
  return data;
}
