/** The pictures of a comparison as an autoencoder's latents, computed once for all of its runs. */
import { batches, type Dataset } from "../../src/data/index.ts";
import { program } from "../../src/engine/index.ts";
import { declareTokenizer, downsampling, encodeLatent, type TokenizerConfig } from "../../src/models/index.ts";
import { paramTensors } from "../../src/nn/index.ts";
import type { Runtime, Weights } from "../../src/runtime/index.ts";
import { imageInput } from "../../src/train/index.ts";

export interface EncodedPictures {
  /** Latent planes [Z, S, S] of each picture, before normalisation. */
  readonly latents: readonly Float32Array[];
  /** Pictures [3, size, size] in [−1, 1]. */
  readonly images: readonly Float32Array[];
  readonly labels: Int32Array;
  /** S. */
  readonly side: number;
  /** Side of the pictures in pixels. */
  readonly size: number;
}

const ENCODE_BATCH = 64;

/** The first `count` pictures of a data set (all readable ones where it has fewer) through a tokenizer's encoder. */
export async function encodePictures(
  runtime: Runtime,
  tokenizer: TokenizerConfig,
  weights: Weights,
  dataset: Dataset,
  { size, count }: { readonly size: number; readonly count: number },
): Promise<EncodedPictures> {
  const side = size / downsampling(tokenizer);
  if (!Number.isInteger(side))
    throw new RangeError(`ablation: expected a side of a multiple of ${downsampling(tokenizer)} pixels, got ${size}`);
  const p = paramTensors(declareTokenizer(tokenizer));
  const encoder = await runtime.open(program("encode", { latent: encodeLatent(p, tokenizer, imageInput(tokenizer)) }), {
    weights,
  });
  const latents: Float32Array[] = [];
  const images: Float32Array[] = [];
  const labels: number[] = [];
  const [cells, pixels] = [tokenizer.codeDim * side * side, 3 * size * size];
  try {
    const options = { size, batchSize: ENCODE_BATCH, seed: 0, ordered: true, epochs: 1, keepLast: true };
    for await (const batch of batches(dataset, options)) {
      const { latent } = await encoder.run({ image: runtime.floats(batch.images, [batch.count, 3, size, size]) });
      const values = latent!.data as Float32Array;
      for (let i = 0; i < batch.count && latents.length < count; i++) {
        latents.push(values.slice(i * cells, (i + 1) * cells));
        images.push(batch.images.slice(i * pixels, (i + 1) * pixels));
        labels.push(batch.labels[i]!);
      }
      if (latents.length >= count) break;
    }
  } finally {
    await encoder.dispose();
  }
  return { latents, images, labels: Int32Array.from(labels), side, size };
}

/** Latent planes [Z, S, S] with every cell at unit length: what a decoder of unit codes takes for exact. */
export function unitCells(latent: Float32Array, channels: number): Float32Array {
  const cells = latent.length / channels;
  const out = new Float32Array(latent.length);
  for (let i = 0; i < cells; i++) {
    let square = 0;
    for (let z = 0; z < channels; z++) square += latent[z * cells + i]! ** 2;
    const norm = Math.max(Math.sqrt(square), 1e-6);
    for (let z = 0; z < channels; z++) out[z * cells + i] = latent[z * cells + i]! / norm;
  }
  return out;
}
