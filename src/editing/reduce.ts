/** A part of a photograph as the model sees it: reduced row by row, so that only the result is held. */
import type { PixelRect, RgbaImage, RgbImage } from "../image/index.ts";
import { channelsOf } from "../image/index.ts";
import type { PixelSize } from "../sampling/index.ts";
import type { EditMask } from "./mask.ts";
import type { View } from "./view.ts";

/**
 * A region over white, reduced by area averaging over kept pixels alone (of all pixels where `readsHole` says so, or where none is kept), and its
 * hole: a pixel with any hole in it is hole. What `reduceView` gives of the same region.
 * @param image the whole picture; @param mask of its size; 0 keeps
 */
export function reduceRegion(
  image: RgbImage | RgbaImage,
  mask: EditMask,
  region: PixelRect,
  work: PixelSize,
  readsHole: boolean,
): View {
  const data = new Uint8Array(3 * work.width * work.height);
  const hole = new Uint8Array(work.width * work.height);
  for (let y = 0; y < work.height; y++) {
    const [from, to] = poolOf(y, region.height, work.height);
    const columns = columnSums(image, mask, region, { from, to, readsHole });
    for (let x = 0; x < work.width; x++) {
      const [first, last] = poolOf(x, region.width, work.width);
      const sum = [0, 0, 0, 0, 0];
      for (let column = first; column < last; column++)
        for (let k = 0; k < 5; k++) sum[k] = sum[k]! + columns[5 * column + k]!;
      const [count, open] = [sum[3]!, sum[4]!];
      const i = y * work.width + x;
      if (open > 0) hole[i] = 1;
      if (count > 0) for (let c = 0; c < 3; c++) data[3 * i + c] = Math.round(sum[c]! / count);
    }
  }
  return { picture: { data, width: work.width, height: work.height }, hole };
}

/** Which inputs of an axis an output pools, as `areaMatrix`. */
const poolOf = (i: number, from: number, to: number): readonly [begin: number, end: number] => [
  Math.floor((i * from) / to),
  Math.ceil(((i + 1) * from) / to),
];

/** For each column of a region the sums over some rows: red, green, blue and how many pixels they are of, and how many are hole. */
function columnSums(
  image: RgbImage | RgbaImage,
  mask: EditMask,
  { left, top, width }: PixelRect,
  { from, to, readsHole }: { readonly from: number; readonly to: number; readonly readsHole: boolean },
): Float64Array {
  const channels = channelsOf(image);
  const sums = new Float64Array(5 * width);
  for (let y = top + from; y < top + to; y++)
    for (let x = 0; x < width; x++) {
      const at = y * image.width + left + x;
      const isHole = mask.data[at]! > 0;
      if (isHole) sums[5 * x + 4]!++;
      if (isHole && !readsHole) continue;
      const alpha = channels === 4 ? image.data[4 * at + 3]! / 255 : 1;
      for (let c = 0; c < 3; c++)
        sums[5 * x + c] = sums[5 * x + c]! + alpha * image.data[channels * at + c]! + 255 * (1 - alpha);
      sums[5 * x + 3]!++;
    }
  return sums;
}
