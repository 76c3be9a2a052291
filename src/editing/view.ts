/** What the model sees of a picture: a window, padded by repeating its edge and reduced where it is a draft. */
import { areaMatrix, bicubicMatrix, type PixelRect, type RgbImage, resizeSeparable } from "../image/index.ts";

/** A window cut out, with its hole. */
export interface View {
  readonly picture: RgbImage;
  /** [h, w], 1 = to paint. */
  readonly hole: Uint8Array;
}

/** Cuts a window that may reach beyond the right and bottom edge: pixels and hole of the edge are repeated there. */
export function cutView(picture: RgbImage, hole: Uint8Array, { left, top, width, height }: PixelRect): View {
  const data = new Uint8Array(width * height * 3);
  const part = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = Math.min(top + y, picture.height - 1) * picture.width + Math.min(left + x, picture.width - 1);
      const to = y * width + x;
      part[to] = hole[from]!;
      data.set(picture.data.subarray(3 * from, 3 * from + 3), 3 * to);
    }
  return { picture: { data, width, height }, hole: part };
}

/**
 * Reduces a view by area averaging over kept pixels alone: what is in the hole is not read. A pixel with any hole in it is hole.
 */
export function reduceView({ picture, hole }: View, width: number, height: number): View {
  if (picture.width === width && picture.height === height) return { picture, hole };
  const pixels = hole.length;
  const planes = new Float32Array(4 * pixels);
  for (let i = 0; i < pixels; i++) {
    if (hole[i] === 1) continue;
    planes[3 * pixels + i] = 1;
    for (let c = 0; c < 3; c++) planes[c * pixels + i] = picture.data[3 * i + c]!;
  }
  const small = resizeSeparable(planes, areaMatrix(picture.height, height), areaMatrix(picture.width, width));
  const size = width * height;
  const data = new Uint8Array(size * 3);
  const part = new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    const kept = small[3 * size + i]!;
    part[i] = kept < 1 - 1e-6 ? 1 : 0;
    if (kept > 0) for (let c = 0; c < 3; c++) data[3 * i + c] = Math.round(small[c * size + i]! / kept);
  }
  return { picture: { data, width, height }, hole: part };
}

/** Planes of floats enlarged (bicubic) to another size. */
export function enlargePlanes(
  planes: Float32Array,
  from: { readonly width: number; readonly height: number },
  to: { readonly width: number; readonly height: number },
): Float32Array {
  if (from.width === to.width && from.height === to.height) return planes;
  return resizeSeparable(planes, bicubicMatrix(from.height, to.height), bicubicMatrix(from.width, to.width));
}

/** A picture enlarged or reduced in bytes: bicubic up, area down, per axis. */
export function resizeRgb(image: RgbImage, width: number, height: number): RgbImage {
  const pixels = image.width * image.height;
  const planes = new Float32Array(3 * pixels);
  for (let i = 0; i < pixels; i++) for (let c = 0; c < 3; c++) planes[c * pixels + i] = image.data[3 * i + c]!;
  const axis = (from: number, to: number) => (to < from ? areaMatrix(from, to) : bicubicMatrix(from, to));
  const out = resizeSeparable(planes, axis(image.height, height), axis(image.width, width));
  const size = width * height;
  const data = new Uint8Array(3 * size);
  for (let i = 0; i < size; i++)
    for (let c = 0; c < 3; c++) data[3 * i + c] = Math.min(255, Math.max(0, Math.round(out[c * size + i]!)));
  return { data, width, height };
}
