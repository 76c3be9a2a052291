/** Networks of any size with random weights, and the checkpoint files that hold them. */
import { join } from "node:path";
import { type TensorSource, tensorSource, toFloat32, writePth } from "../../src/checkpoint/index.ts";
import {
  declareTokenizer,
  declareTransformer,
  type TokenizerConfig,
  type TransformerConfig,
} from "../../src/models/index.ts";
import type { ParamDecl } from "../../src/nn/index.ts";
import { createRandom } from "../../src/sampling/index.ts";
import { floatBytes } from "./float-bytes.ts";

export type FloatType = "float32" | "float16" | "bfloat16";

/** Random weights, already rounded to `dtype`: every layer matters, no value vanishes. */
export function randomWeights(decls: readonly ParamDecl[], dtype: FloatType, seed: number): Map<string, Float32Array> {
  return new Map(
    decls.map(({ name, shape, init }) => {
      const random = createRandom(seed, name);
      const size = shape.reduce((n, d) => n * d, 1);
      const inputs = shape.slice(1).reduce((n, d) => n * d, 1);
      const values = Float32Array.from({ length: size }, (_, i) => {
        const x = random.normal();
        // Some heads lie above the bound of the learned scale, log 100.
        if (name.endsWith("scale_mul_1H11")) return i % 2 === 0 ? 5 : 1 + 0.3 * x;
        if (init.kind === "constant") return init.value + 0.2 * x;
        if (/pos_1LC|ada_gss|pos_start/.test(name)) return 0.5 * x;
        if (/class_emb|embedding/.test(name)) return x;
        if (name === "head.weight") return (3 * x) / Math.sqrt(inputs);
        return shape.length === 1 ? 0.2 * x : x / Math.sqrt(inputs);
      });
      return [name, toFloat32(floatBytes(values, dtype), dtype)];
    }),
  );
}

export interface RandomModel {
  readonly tokenizer: TokenizerConfig;
  readonly transformer: TransformerConfig;
  /** Weights of both by name. */
  readonly weights: Map<string, Float32Array>;
  readonly tokenizerFile: string;
  readonly transformerFile: string;
}

/** Tensors to write, by name. */
export function tensorSources(
  decls: readonly ParamDecl[],
  weights: ReadonlyMap<string, Float32Array>,
  dtype: FloatType,
): Map<string, TensorSource> {
  return new Map(
    decls.map(({ name, shape }) => [name, tensorSource(dtype, shape, floatBytes(weights.get(name)!, dtype))]),
  );
}

/** Writes both networks into `folder` as the released files are: buffers included, the transformer as its trainer saves it. */
export async function writeRandomModel(
  folder: string,
  tokenizer: TokenizerConfig,
  transformer: TransformerConfig,
  dtype: FloatType,
  seed: number,
): Promise<RandomModel> {
  const [tokenizerDecls, transformerDecls] = [declareTokenizer(tokenizer), declareTransformer(transformer)];
  const weights = new Map([
    ...randomWeights(tokenizerDecls, dtype, seed),
    ...randomWeights(transformerDecls, dtype, seed + 1),
  ]);
  const zeros = (shape: number[]): TensorSource =>
    tensorSource("float32", shape, new Uint8Array(4 * shape.reduce((n, d) => n * d, 1)));
  const tokenizerFile = join(folder, "tokenizer.pth");
  const transformerFile = join(folder, "transformer.pth");
  const vq = tensorSources(tokenizerDecls, weights, dtype);
  vq.set("quantize.codebook_used", zeros([65536]));
  await writePth(tokenizerFile, { model: vq });
  const dict = tensorSources(transformerDecls, weights, dtype);
  for (let i = 0; i < transformer.depth; i++) dict.set(`blocks.${i}.attn.zero_k_bias`, zeros([transformer.width]));
  dict.set("attn_bias_for_masking", zeros([1, 1, 5, 5]));
  await writePth(transformerFile, { epoch: 3, trainer: { var_wo_ddp: dict } });
  return { tokenizer, transformer, weights, tokenizerFile, transformerFile };
}
