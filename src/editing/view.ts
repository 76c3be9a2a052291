/** What the model sees of a picture: a window, padded by repeating its edge and reduced where it is a draft. */
import {
  areaMatrix,
  axisMatrix,
  bicubicMatrix,
  type PixelRect,
  type RgbaImage,
  type RgbImage,
  resizeSeparable,
} from "../image/index.ts";

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
  const kept = Float32Array.from(hole, (value) => (value === 1 ? 0 : 1));
  const planes = toPlanes(picture).map((value, i) => value * kept[i % pixels]!);
  const [rows, columns] = [areaMatrix(picture.height, height), areaMatrix(picture.width, width)];
  const small = resizeSeparable(planes, rows, columns);
  const shares = resizeSeparable(kept, rows, columns);
  // Where nothing is kept, the sums are 0.
  const means = Float64Array.from(small, (sum, i) => sum / (shares[i % shares.length]! || 1));
  const open = Uint8Array.from(shares, (share) => (share < 1 - 1e-6 ? 1 : 0));
  return { picture: fromPlanes(means, width, height), hole: open };
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
  const rows = axisMatrix(image.height, height);
  const columns = axisMatrix(image.width, width);
  return fromPlanes(resizeSeparable(toPlanes(image), rows, columns), width, height);
}

/** The same with alpha, which is not multiplied in. */
export function resizeRgba({ data, width: w, height: h }: RgbaImage, width: number, height: number): RgbaImage {
  const pixels = width * height;
  const out = new Uint8Array(4 * pixels);
  const [rows, columns] = [axisMatrix(h, height), axisMatrix(w, width)];
  for (let c = 0; c < 4; c++) {
    const plane = Float32Array.from({ length: w * h }, (_, i) => data[4 * i + c]!);
    const resized = resizeSeparable(plane, rows, columns);
    for (let i = 0; i < pixels; i++) out[4 * i + c] = Math.min(255, Math.max(0, Math.round(resized[i]!)));
  }
  return { data: out, width, height };
}

/** A picture's bytes as planes [3, H, W]. */
export function toPlanes({ data, width, height }: RgbImage): Float32Array {
  const pixels = width * height;
  const planes = new Float32Array(3 * pixels);
  for (let i = 0; i < pixels; i++) for (let c = 0; c < 3; c++) planes[c * pixels + i] = data[3 * i + c]!;
  return planes;
}

/** Planes [3, H, W] in bytes' scale as a picture: rounded, and what is beyond a byte clamped. */
export function fromPlanes(planes: Float32Array | Float64Array, width: number, height: number): RgbImage {
  const pixels = width * height;
  const data = new Uint8ClampedArray(3 * pixels);
  for (let i = 0; i < pixels; i++) for (let c = 0; c < 3; c++) data[3 * i + c] = Math.round(planes[c * pixels + i]!);
  return { data: new Uint8Array(data.buffer), width, height };
}
