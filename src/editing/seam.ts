/** Putting a painted hole back into its picture: outside it no byte changes, inside it the edge is evened out. */
import type { PixelRect, PlanarBatch, RgbaImage, RgbImage } from "../image/index.ts";
import { fillPlanes, stepsToKept } from "./fill.ts";
import type { EditMask } from "./mask.ts";

/** How much of the pixels right beside the edge is the kept pixel next to them. */
const EDGE_SHARE = 0.5;

/**
 * Corrects painted planes inside a hole so that they meet the kept pixels: what painting and picture differ by on the kept
 * side of the edge is continued into the hole smoothly (Laplace's equation, as in Poisson cloning: Pérez, Gangnet, Blake 2003)
 * and fades out over `reach` pixels. The first pixel in the hole is then drawn halfway to its kept neighbour.
 * @param painted [3, H, W] in bytes' scale, changed in place inside the hole only.
 * @param picture [3, H, W] likewise; read on kept pixels only.
 */
export function evenSeam(
  painted: Float32Array,
  picture: Float32Array,
  hole: Uint8Array,
  width: number,
  height: number,
  reach: number,
): void {
  const pixels = width * height;
  if (reach === 0 || hole.every((value) => value === 1)) return;
  const difference = new Float32Array(3 * pixels);
  for (let i = 0; i < 3 * pixels; i++) if (hole[i % pixels] === 0) difference[i] = picture[i]! - painted[i]!;
  fillPlanes(difference, width, height, hole, "diffusion", 0);
  const beside = Float32Array.from(picture);
  fillPlanes(beside, width, height, hole, "nearest", 0);
  const steps = stepsToKept(hole, width, height);
  for (let i = 0; i < pixels; i++) {
    if (hole[i] === 0 || steps[i]! > reach) continue;
    const weight = (1 - (steps[i]! - 1) / reach) ** 2;
    const share = steps[i] === 1 ? EDGE_SHARE : 0;
    for (let c = 0; c < 3; c++) {
      const at = c * pixels + i;
      painted[at] = (1 - share) * (painted[at]! + weight * difference[at]!) + share * beside[at]!;
    }
  }
}

/** Decoded planes of one picture in bytes' scale, 0..255, not clamped: [3, H, W]. */
export function byteScale({ data }: PlanarBatch): Float32Array {
  return data.map((value) => (value + 1) * 127.5);
}

/** Writes planes in bytes' scale into a picture's part where `paste` [h, w] is 1. A copy; what lies beyond the picture is dropped. */
export function paintInto(picture: RgbImage, planes: Float32Array, paste: Uint8Array, rect: PixelRect): RgbImage {
  const data = Uint8Array.from(picture.data);
  const pixels = rect.width * rect.height;
  const [bottom, right] = [
    Math.min(rect.height, picture.height - rect.top),
    Math.min(rect.width, picture.width - rect.left),
  ];
  for (let y = 0; y < bottom; y++)
    for (let x = 0; x < right; x++) {
      const from = y * rect.width + x;
      if (paste[from] === 0) continue;
      const to = ((rect.top + y) * picture.width + rect.left + x) * 3;
      for (let c = 0; c < 3; c++) data[to + c] = Math.min(255, Math.max(0, Math.round(planes[c * pixels + from]!)));
    }
  return { data, width: picture.width, height: picture.height };
}

/**
 * The user's picture with a painted one laid over by the mask: at 0 the user's bytes, alpha too; at 255 the painted pixel, opaque;
 * between them a mix of both.
 */
export function blendByMask(original: RgbaImage, painted: RgbImage, mask: EditMask): RgbaImage {
  const data = Uint8Array.from(original.data);
  for (let i = 0; i < mask.data.length; i++) {
    const value = mask.data[i]!;
    if (value === 0) continue;
    const share = value / 255;
    for (let c = 0; c < 3; c++)
      data[4 * i + c] = Math.round(share * painted.data[3 * i + c]! + (1 - share) * original.data[4 * i + c]!);
    data[4 * i + 3] = Math.round(share * 255 + (1 - share) * original.data[4 * i + 3]!);
  }
  return { data, width: original.width, height: original.height };
}

/**
 * Mean jump across a hole's edge: over all neighbouring pixels (beside, above) of which one is kept and one is in the hole,
 * the absolute difference of their bytes, the mean over channels. 0 where there is no such pair.
 * @param hole [H, W], 1 = hole.
 * @throws RangeError for a hole of another size
 */
export function seamJump({ data, width, height }: RgbImage, hole: Uint8Array): number {
  if (hole.length !== width * height)
    throw new RangeError(`seam: expected a hole of ${width}x${height} pixels, got ${hole.length} values`);
  let [sum, pairs] = [0, 0];
  const compare = (a: number, b: number): void => {
    if (hole[a] === hole[b]) return;
    pairs++;
    for (let c = 0; c < 3; c++) sum += Math.abs(data[3 * a + c]! - data[3 * b + c]!) / 3;
  };
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (x > 0) compare(i, i - 1);
      if (y > 0) compare(i, i - width);
    }
  return pairs === 0 ? 0 : sum / pairs;
}
