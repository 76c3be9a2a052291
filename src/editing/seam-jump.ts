import type { RgbImage } from "../image/index.ts";

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
