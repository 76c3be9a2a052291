/** The decoder's side of a comparison: tuned a little on what a token space gives it, and used on samples. */

import { input, mulDims, ops, program } from "../../src/engine/index.ts";
import { concatArrays } from "../../src/files/index.ts";
import {
  declareTokenizer,
  decodeCodes,
  downsampling,
  isDecoderParam,
  type TokenizerConfig,
} from "../../src/models/index.ts";
import { paramTensors } from "../../src/nn/index.ts";
import type { Runtime } from "../../src/runtime/index.ts";
import { createRandom } from "../../src/sampling/index.ts";
import { meanSquared, type NamedArray } from "../../src/train/index.ts";
import type { EncodedPictures } from "./latents.ts";
import { memoryWeights, trainShortly } from "./loop.ts";
import type { TokenSpace } from "./spaces.ts";

const BATCH = 16;

export interface TunedDecoder {
  /** Latent planes [Z, S, S] of several pictures to planes [n, 3, size, size]. */
  decode(latents: readonly Float32Array[]): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/**
 * Trains the decoder alone (mean squared pixel difference) on the latents that `space` makes of the pictures' tokens, and opens it.
 * `arrays` are the tokenizer's.
 */
export async function tuneDecoder(
  runtime: Runtime,
  config: TokenizerConfig,
  arrays: ReadonlyMap<string, NamedArray>,
  space: TokenSpace,
  tokens: readonly (readonly Int32Array[])[],
  { images, side, size }: EncodedPictures,
  { steps, seed }: { readonly steps: number; readonly seed: number },
): Promise<TunedDecoder> {
  const decls = declareTokenizer(config).filter(({ name }) => isDecoderParam(name));
  const p = paramTensors(decls);
  const factor = downsampling(config);
  const latentInput = input("latent", "float32", ["B", config.codeDim, "h", "w"]);
  const picture = decodeCodes(p, config, latentInput);
  const target = input("image", "float32", ["B", 3, mulDims(factor, "h"), mulDims(factor, "w")]);
  const random = createRandom(seed, "decoder");
  const start = new Map(decls.map(({ name }) => [name, arrays.get(name)!.data]));
  const stacked = (rows: readonly Float32Array[], shape: readonly number[]) =>
    runtime.floats(concatArrays(Float32Array, rows), [rows.length, ...shape]);
  const { arrays: tuned } = await trainShortly(
    runtime,
    decls,
    p,
    meanSquared(picture, target),
    start,
    { steps, peakLr: 2e-4 },
    () => {
      const chosen = Array.from({ length: BATCH }, () => random.int(images.length));
      return {
        latent: stacked(
          chosen.map((i) => space.latent(tokens[i]!)),
          [config.codeDim, side, side],
        ),
        image: stacked(
          chosen.map((i) => images[i]!),
          [3, size, size],
        ),
      };
    },
  );
  const weights = memoryWeights(tuned);
  const session = await runtime.open(program("decode_latent", { image: ops.mul(picture, 1) }), { weights });
  return {
    async decode(latents) {
      const S = Math.sqrt(latents[0]!.length / config.codeDim);
      const { image } = await session.run({ latent: stacked(latents, [config.codeDim, S, S]) });
      return image!.data as Float32Array;
    },
    dispose: () => session.dispose(),
  };
}
