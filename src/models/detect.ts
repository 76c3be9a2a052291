/** Hyper-parameters read off a checkpoint's tensor shapes (names and shapes: `declareTransformer`, `declareTokenizer`). */
import { FileError } from "../errors/index.ts";
import { CODEBOOK, type TokenizerConfig } from "./tokenizer.ts";
import type { TransformerConfig } from "./transformer-params.ts";

/** Names of tensors and their shapes. */
export type TensorShapes = ReadonlyMap<string, { readonly shape: readonly number[] }>;

/** Tensors that tell which network a checkpoint holds. */
export const TOKENIZER_TENSOR = "encoder.conv_in.weight";
export const TRANSFORMER_TENSOR = "class_emb.weight";

function shapeReader(where: string, tensors: TensorShapes) {
  return (name: string, rank: number): readonly number[] => {
    const shape = tensors.get(name)?.shape;
    if (shape === undefined) throw new FileError(where, `a tensor "${name}"`, "none");
    if (shape.length !== rank || shape.some((n) => n < 1))
      throw new FileError(where, `${rank} positive dimensions for "${name}"`, `[${shape.join(", ")}]`);
    return shape;
  };
}

/** How many of prefix0, prefix1, … occur: the largest number plus one. */
function countNumbered(tensors: TensorShapes, pattern: RegExp): number {
  let count = 0;
  for (const name of tensors.keys()) {
    const match = pattern.exec(name);
    if (match !== null) count = Math.max(count, Number(match[1]) + 1);
  }
  return count;
}

/** No network has more levels, blocks or layers than this; a hostile name cannot ask for more. */
const MOST_NUMBERED = 512;

function bounded(where: string, what: string, count: number): number {
  if (count < 1 || count > MOST_NUMBERED) throw new FileError(where, `1..${MOST_NUMBERED} ${what}`, count);
  return count;
}

/** `normGroups` cannot be seen in shapes: 32 in every released tokenizer. */
export function tokenizerConfigOf(where: string, tensors: TensorShapes, normGroups = 32): TokenizerConfig {
  const shape = shapeReader(where, tensors);
  const [baseChannels, imageChannels] = shape(TOKENIZER_TENSOR, 4) as [number, number];
  const patchSize = Math.sqrt(imageChannels / 3);
  if (!Number.isInteger(patchSize))
    throw new FileError(where, `3·k² input channels of "${TOKENIZER_TENSOR}"`, imageChannels);
  const counted = (what: string, pattern: RegExp) => bounded(where, what, countNumbered(tensors, pattern));
  const levels = counted("levels", /^encoder\.conv_blocks\.(\d+)\./);
  const [codebookSize, codeDim] = shape(CODEBOOK, 2) as [number, number];
  return {
    baseChannels,
    channelMultipliers: Array.from(
      { length: levels },
      (_, i) => shape(`encoder.conv_blocks.${i}.res.0.conv1.weight`, 4)[0]! / baseChannels,
    ),
    resBlocks: counted("residual blocks", /^encoder\.conv_blocks\.0\.res\.(\d+)\./),
    decoderResBlocks: counted("residual blocks", /^decoder\.conv_blocks\.0\.res\.(\d+)\./),
    attention: tensors.has(`encoder.conv_blocks.${levels - 1}.attn.0.norm.weight`),
    latentChannels: shape("encoder.conv_out.weight", 4)[0]!,
    codeDim,
    codebookSize,
    normGroups,
    patchSize,
  };
}

/** Width of a head where attention has no learned scale that tells the number of heads. */
const PLAIN_HEAD_WIDTH = 64;

export function transformerConfigOf(where: string, tensors: TensorShapes): TransformerConfig {
  const shape = shapeReader(where, tensors);
  const [rows, width] = shape(TRANSFORMER_TENSOR, 2) as [number, number];
  if (rows < 2) throw new FileError(where, `at least 2 rows of "${TRANSFORMER_TENSOR}" (the last is "no class")`, rows);
  const depth = bounded(where, "blocks", countNumbered(tensors, /^blocks\.(\d+)\./));
  const [codebookSize] = shape("head.weight", 2) as [number];
  const qkNorm = tensors.has("blocks.0.attn.scale_mul_1H11");
  const heads = qkNorm ? shape("blocks.0.attn.scale_mul_1H11", 4)[1]! : width / PLAIN_HEAD_WIDTH;
  if (!Number.isInteger(heads) || width % heads !== 0)
    throw new FileError(
      where,
      `a width divisible by ${qkNorm ? `${heads} heads` : `${PLAIN_HEAD_WIDTH} (heads without q/k normalisation)`}`,
      width,
    );
  const position = shape("pos_1LC", 4) as [number, number, number, number];
  if (position[2] !== position[3]) throw new FileError(where, "a square position map", `${position[2]}x${position[3]}`);
  return {
    depth,
    width,
    heads,
    mlpWidth: shape("blocks.0.ffn.fc1.weight", 2)[0]!,
    numClasses: rows - 1,
    codebookSize,
    codeDim: shape("word_embed.weight", 2)[1]!,
    sharedAdaLN: tensors.has("shared_ada_lin.1.weight"),
    qkNorm,
    positionSide: position[2],
  };
}
