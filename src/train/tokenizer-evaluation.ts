/** Held-out quality of a tokenizer at every scale. */

import type { Batch } from "../data/index.ts";
import { ops, program } from "../engine/index.ts";
import { areaMatrix, contactSheet, planarToRgb, type RgbImage, resizeSeparable } from "../image/index.ts";
import { declareTokenizer, decodeCodes, downsampling, lookUpCodes, type TokenizerConfig } from "../models/index.ts";
import { paramTensors } from "../nn/index.ts";
import type { Runtime, Session } from "../runtime/index.ts";
import { codebookUsage } from "./codebook.ts";
import { feedsOf, type Values } from "./feeds.ts";
import { areaValue, encodeProgram, pooledTokens } from "./tokenizer-objective.ts";

/** Sessions whose weights are fed at each run, so that one pair serves a whole training. */
export interface TokenizerEvaluator {
  readonly runtime: Runtime;
  readonly config: TokenizerConfig;
  readonly encode: Session;
  readonly decode: Session;
}

export interface ScaleQuality {
  readonly side: number;
  /** Mean over pictures of the peak signal-to-noise ratio in dB against the picture resized to the decoded size. */
  readonly psnr: number;
  /** Code ids of all pictures. */
  readonly tokens: Int32Array;
  /** Decoded pictures [B, 3, f·s, f·s]. */
  readonly decoded: Float32Array;
  readonly used: number;
  readonly perplexity: number;
}

/** Pictures encoded at once. */
const CHUNK = 32;

export async function openTokenizerEvaluator(runtime: Runtime, config: TokenizerConfig): Promise<TokenizerEvaluator> {
  const encode = await runtime.open(encodeProgram(config));
  return { runtime, config, encode, decode: await runtime.open(scaleProgram(config)) };
}

/** `latent` [B, Z, H, W] and pooling matrices to one scale's `tokens` [B, h·w] and `image` [B, 3, f·h, f·w]. */
function scaleProgram(config: TokenizerConfig) {
  const p = paramTensors(declareTokenizer(config));
  const tokens = pooledTokens(p, config);
  const grid = ops.reshape(ops.transpose(lookUpCodes(p, tokens), [0, 2, 1]), ["B", config.codeDim, "h", "w"]);
  return program("scale", { tokens, image: decodeCodes(p, config, grid) });
}

/** Encodes pictures, and decodes them at square grids of the given sides. */
export async function evaluateScales(
  { runtime, config, encode, decode }: TokenizerEvaluator,
  weights: Values,
  { images, count }: Batch,
  sides: readonly number[],
): Promise<ScaleQuality[]> {
  const factor = downsampling(config);
  const size = Math.sqrt(images.length / (3 * count));
  const native = size / factor;
  const picture = 3 * size * size;
  const parts = sides.map((side) => ({
    side,
    tokens: [] as number[],
    decoded: new Float32Array(count * 3 * (side * factor) ** 2),
    psnrs: [] as number[],
  }));
  for (let first = 0; first < count; first += CHUNK) {
    const n = Math.min(CHUNK, count - first);
    const data = images.subarray(first * picture, (first + n) * picture);
    const { latent } = await encode.run({
      ...feedsOf(encode, weights),
      image: runtime.floats(data, [n, 3, size, size]),
    });
    for (const part of parts) {
      const { side } = part;
      const pool = areaValue(runtime, native, side);
      const { tokens, image } = await decode.run({
        ...feedsOf(decode, weights),
        latent: latent!,
        rows: pool,
        columns: pool,
      });
      const decoded = image!.data as Float32Array;
      part.tokens.push(...Array.from(tokens!.data as BigInt64Array, Number));
      part.decoded.set(decoded, first * 3 * (side * factor) ** 2);
      const shrink = areaMatrix(size, side * factor);
      part.psnrs.push(...psnrOfPictures(decoded, resizeSeparable(data, shrink, shrink), n));
    }
  }
  return parts.map(({ side, tokens, decoded, psnrs }) => {
    const histogram = new Float64Array(config.codebookSize);
    for (const token of tokens) histogram[token]!++;
    const psnr = psnrs.reduce((a, b) => a + b, 0) / psnrs.length;
    return { side, psnr, tokens: Int32Array.from(tokens), decoded, ...codebookUsage(histogram) };
  });
}

/** Peak signal-to-noise ratio of each picture, clamped to [−1, 1]: 10·log10(4 / mean squared difference). */
function psnrOfPictures(decoded: Float32Array, target: Float32Array, count: number): number[] {
  const size = decoded.length / count;
  return Array.from({ length: count }, (_, i) => {
    let square = 0;
    for (let k = i * size; k < (i + 1) * size; k++) {
      const value = Math.min(1, Math.max(-1, decoded[k]!));
      square += (value - target[k]!) ** 2;
    }
    return 10 * Math.log10(4 / Math.max(square / size, 1e-10));
  });
}

/** A picture a row: the original, then its reconstruction at every scale. */
export function reconstructionSheet(batch: Batch, scales: readonly ScaleQuality[], most: number): RgbImage {
  const cells: RgbImage[] = [];
  const rows = Math.min(most, batch.count);
  for (let row = 0; row < rows; row++)
    for (const data of [batch.images, ...scales.map(({ decoded }) => decoded)]) {
      const side = Math.sqrt(data.length / (3 * batch.count));
      const planes = { data, batch: batch.count, height: side, width: side };
      cells.push(planarToRgb(planes, Math.floor((row * batch.count) / rows)));
    }
  return contactSheet(cells, { columns: scales.length + 1, margin: 2, background: [210, 210, 210] });
}
