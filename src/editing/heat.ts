/** Values per token as pictures. */
import { areaMatrix, type RgbImage, resizeSeparable } from "../image/index.ts";
import type { Grid } from "../sampling/index.ts";

/** Stops of the heat colours, cold to hot. */
const STOPS: readonly (readonly [number, number, number])[] = [
  [12, 16, 60],
  [44, 92, 168],
  [120, 190, 160],
  [250, 214, 90],
  [206, 44, 28],
];

/**
 * A map of values over a picture: the picture in grey, coloured from cold (at `low` and below) to hot (at `high` and above).
 * @param values [h, w], spread over the picture's cells.
 */
export function heatMap(picture: RgbImage, values: Float32Array, [h, w]: Grid, low: number, high: number): RgbImage {
  const { data, width, height } = picture;
  const spread = resizeSeparable(values, areaMatrix(h, height), areaMatrix(w, width));
  const out = new Uint8Array(data.length);
  for (let i = 0; i < width * height; i++) {
    const grey = 0.299 * data[3 * i]! + 0.587 * data[3 * i + 1]! + 0.114 * data[3 * i + 2]!;
    const heat = high > low ? Math.min(1, Math.max(0, (spread[i]! - low) / (high - low))) : 0;
    const at = heat * (STOPS.length - 1);
    const stop = Math.min(STOPS.length - 2, Math.floor(at));
    for (let c = 0; c < 3; c++) {
      const colour = STOPS[stop]![c]! + (at - stop) * (STOPS[stop + 1]![c]! - STOPS[stop]![c]!);
      out[3 * i + c] = Math.round(0.3 * grey + 0.7 * colour);
    }
  }
  return { data: out, width, height };
}

/**
 * How unlike its class every place of a picture is: per cell of the finest grid the mean over scales of its token's surprise,
 * −log₂ p, less that scale's own mean, so that scales count alike.
 * @param scales coarse to fine: logarithms of probabilities [h, w].
 */
export function anomalyMap(scales: readonly { readonly grid: Grid; readonly logProbs: Float32Array }[]): Float32Array {
  const [H, W] = scales.at(-1)!.grid;
  const out = new Float32Array(H * W);
  for (const { grid, logProbs } of scales) {
    const surprise = logProbs.map((value) => -value / Math.LN2);
    const mean = surprise.reduce((sum, value) => sum + value, 0) / surprise.length;
    const spread = resizeSeparable(
      surprise.map((value) => value - mean),
      areaMatrix(grid[0], H),
      areaMatrix(grid[1], W),
    );
    for (let i = 0; i < out.length; i++) out[i] = out[i]! + spread[i]! / scales.length;
  }
  return out;
}
