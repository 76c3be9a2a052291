/** The programs that inference runs: small traced functions over the two networks. */
import { type Dim, dim, input, ops, type Program, program, quantizeProducts, type Tensor } from "../engine/index.ts";
import { ExpectedError } from "../errors/index.ts";
import {
  block,
  conditioningBy,
  declareTokenizer,
  declareTransformer,
  decodeTokens,
  downsampling,
  embedCodes,
  encodeLatent,
  headLogits,
  mixedRows,
  nearestCodes,
  positions,
  quantizedParam,
  resizeGrid,
  type TokenizerConfig,
  type TransformerConfig,
  unitCodebook,
} from "../models/index.ts";
import { type Params, paramTensors } from "../nn/index.ts";

const { add, gather, mul, reshape, slice, transpose } = ops;

export interface NetworkConfigs {
  readonly tokenizer: TokenizerConfig;
  /** Null while only a tokenizer has been trained. */
  readonly transformer: TransformerConfig | null;
  /** Names of weights that are multiplied in integers; none by default. */
  readonly quantized?: ReadonlySet<string>;
}

/** The transformer's config. Throws where there is only a tokenizer. */
export function transformerOf({ transformer }: NetworkConfigs): TransformerConfig {
  if (transformer === null) throw new ExpectedError("model: expected a transformer, got a tokenizer alone");
  return transformer;
}

/** Parameters of both networks by name; their published names do not collide. */
function allParams(configs: NetworkConfigs): Params {
  return paramTensors([...declareTokenizer(configs.tokenizer), ...declareTransformer(transformerOf(configs))]);
}

/** Rows of the class table `ids` [R, K] and their `weights` [R, K], to `block_i` [R, 6, C] for every block, `head` [R, 2, C] and `start` [R, 1, C]. */
export function conditioningProgram(configs: NetworkConfigs): Program {
  const transformer = transformerOf(configs);
  const p = allParams(configs);
  const ids = input("ids", "int64", ["R", "K"]);
  const cond = conditioningBy(p, transformer, mixedRows(p, transformer, ids, input("weights", "float32", ["R", "K"])));
  const blocks = Object.fromEntries(cond.blocks.map((t, i) => [`block_${i}`, t]));
  return program("conditioning", { ...blocks, head: cond.head, start: cond.start });
}

/**
 * `tokens` [R, h, w] of one scale, `rows` [h2, h] and `columns` [w2, w] (bicubic) to the next scale's inputs
 * `x` [R, h2·w2, C].
 */
export function embedProgram(configs: NetworkConfigs): Program {
  const p = allParams(configs);
  const tokens = input("tokens", "int64", ["R", "h", "w"]);
  const codes = resizeGrid(
    gather(unitCodebook(p), tokens),
    input("rows", "float32", ["h2", "h"]),
    input("columns", "float32", ["w2", "w"]),
  );
  return program("embed", { x: embedCodes(p, codes) });
}

/**
 * One scale. `x` [R, l, C], `pool` [l, S²], the conditioning, and the keys and values so far `k_i`, `v_i` [R, H, p, c]
 * give `logits` [B, l, V] and the longer keys and values `new_k_i`, `new_v_i` [R, H, p+l, c].
 * Guided: R = 2B, the first half with the class and the second without, mixed as `mix_a`·cond + `mix_b`·uncond;
 * otherwise R = B.
 */
export function stepProgram(configs: NetworkConfigs, guided: boolean): Program {
  const transformer = transformerOf(configs);
  const { depth, width: C, heads: H, positionSide: S, codebookSize: V } = transformer;
  const p = allParams(configs);
  const R: Dim = guided ? "2*B" : "B";
  const pool = input("pool", "float32", ["l", S * S]);
  let x = add(input("x", "float32", [R, "l", C]), positions(p, transformer, pool));
  const outputs: Record<string, Tensor> = {};
  for (let i = 0; i < depth; i++) {
    const cached = (name: string): Tensor => input(name, "float32", [R, H, "p", C / H]);
    const modulation = input(`block_${i}`, "float32", [R, 6, C]);
    const past = { k: cached(`k_${i}`), v: cached(`v_${i}`) };
    const { out, k, v } = block(p, transformer, i, x, modulation, { past });
    x = out;
    outputs[`new_k_${i}`] = k;
    outputs[`new_v_${i}`] = v;
  }
  const logits = headLogits(p, x, input("head", "float32", [R, 2, C]));
  return program(guided ? "guided_step" : "step", { logits: guided ? mixRows(logits, V) : logits, ...outputs });
}

function mixRows(logits_RlV: Tensor, V: number): Tensor {
  const halves = reshape(logits_RlV, [2, "B", dim(logits_RlV, 1), V]);
  const half = (i: number, name: string): Tensor => mul(slice(halves, 0, i, i + 1), input(name, "float32", []));
  return reshape(add(half(0, "mix_a"), half(1, "mix_b")), ["B", dim(logits_RlV, 1), V]);
}

/** The keys and values of a guided step, `k_i`, `v_i` [2B, H, p, c], to those of the first half of its rows, `new_k_i`, `new_v_i` [B, H, p, c]. */
function firstHalfProgram(configs: NetworkConfigs): Program {
  const { depth, width: C, heads: H } = transformerOf(configs);
  const names = Array.from({ length: depth }, (_, i) => [`k_${i}`, `v_${i}`]).flat();
  const half = (name: string): Tensor => {
    const halves = reshape(input(name, "float32", ["2*B", H, "p", C / H]), [2, "B", H, "p", C / H]);
    return reshape(slice(halves, 0, 0, 1), ["B", H, "p", C / H]);
  };
  return program("first_half", Object.fromEntries(names.map((name) => [`new_${name}`, half(name)])));
}

/** `tokens` [B, h, w] to `image` [B, 3, H, W], about [−1, 1]. */
export function decoderProgram(config: TokenizerConfig): Program {
  const p = paramTensors(declareTokenizer(config));
  return program("decoder", { image: decodeTokens(p, config, input("tokens", "int64", ["B", "h", "w"])) });
}

/** `image` [B, 3, f·h, f·w] in [−1, 1] to `latent` [B, h, w, Z]. */
function encoderProgram(config: TokenizerConfig): Program {
  const p = paramTensors(declareTokenizer(config));
  const f = downsampling(config);
  const side = (name: string): Dim => (f === 1 ? name : `${f}*${name}`);
  const image = input("image", "float32", ["B", 3, side("h"), side("w")]);
  return program("encoder", { latent: transpose(encodeLatent(p, config, image), [0, 2, 3, 1]) });
}

/** `latent` [B, h, w, Z] pooled by `rows` [h2, h] and `columns` [w2, w] (area) and quantised: `tokens` [B, h2·w2]. */
function quantiseProgram(config: TokenizerConfig): Program {
  const p = paramTensors(declareTokenizer(config));
  const latent = input("latent", "float32", ["B", "h", "w", config.codeDim]);
  const pooled = resizeGrid(latent, input("rows", "float32", ["h2", "h"]), input("columns", "float32", ["w2", "w"]));
  return program("quantise", { tokens: nearestCodes(p, pooled) });
}

/** What each session of a model runs, in float32. */
const PROGRAMS = {
  conditioning: conditioningProgram,
  embed: embedProgram,
  step: (configs) => stepProgram(configs, false),
  guidedStep: (configs) => stepProgram(configs, true),
  firstHalf: firstHalfProgram,
  decoder: ({ tokenizer }) => decoderProgram(tokenizer),
  encoder: ({ tokenizer }) => encoderProgram(tokenizer),
  quantise: ({ tokenizer }) => quantiseProgram(tokenizer),
} as const satisfies Readonly<Record<string, (configs: NetworkConfigs) => Program>>;
export type ProgramName = keyof typeof PROGRAMS;
export const programNames = Object.keys(PROGRAMS) as ProgramName[];

/** What a session of a model runs: products with quantised weights in integers. */
export function programOf(name: ProgramName, configs: NetworkConfigs): Program {
  const { quantized } = configs;
  const traced = PROGRAMS[name](configs);
  return quantized === undefined
    ? traced
    : quantizeProducts(traced, (weight) => (quantized.has(weight) ? quantizedParam(weight) : undefined));
}
