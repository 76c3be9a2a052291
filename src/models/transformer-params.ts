/** The transformer's sizes, and its parameters under the authors' names. */
import { declareLinear, type Init, type ParamDecl } from "../nn/index.ts";

export interface TransformerConfig {
  readonly depth: number;
  /** C. */
  readonly width: number;
  /** H; a head is C / H wide. */
  readonly heads: number;
  /** Hidden width of the feed-forward layers. */
  readonly mlpWidth: number;
  /** Labels; one more row of the class table stands for "no class". */
  readonly numClasses: number;
  /** Rows of the class table after "no class": further conditions, such as styles, that are added to the class. 0 by default. */
  readonly conditions?: number;
  /** V, codes the head chooses among. */
  readonly codebookSize: number;
  /** Z, numbers in a code. */
  readonly codeDim: number;
  /** One modulation layer for all blocks plus an offset in each, instead of a layer in each block. */
  readonly sharedAdaLN: boolean;
  /** Queries and keys of unit length with a learned scale per head, instead of the fixed scale. */
  readonly qkNorm: boolean;
  /** Side of the learnable position map. */
  readonly positionSide: number;
}

/** The released sizes: width 64·depth, heads = depth (arXiv 2502.20313, section 4.1). */
export function flexvarConfig(depth: number): TransformerConfig {
  return {
    depth,
    width: 64 * depth,
    heads: depth,
    mlpWidth: 256 * depth,
    numClasses: 1000,
    codebookSize: 8912,
    codeDim: 32,
    sharedAdaLN: false,
    qkNorm: true,
    positionSide: 32,
  };
}

const declared = (name: string, shape: readonly number[], init: Init): ParamDecl => ({
  name,
  shape,
  init,
  decay: false,
});

/** Every parameter of the transformer under its released name, with the paper's start values. */
export function declareTransformer(config: TransformerConfig): ParamDecl[] {
  const { width: C, depth, heads: H, mlpWidth, codeDim, positionSide: S } = config;
  const std = Math.sqrt(1 / (3 * C));
  const normal = (gain = 1): Init => ({ kind: "truncatedNormal", std, gain });
  const residual = normal(1 / Math.sqrt(2 * depth));
  const decls: ParamDecl[] = [
    declared("pos_start", [1, 1, C], normal()),
    declared("pos_1LC", [1, C, S, S], { kind: "values", make: () => sinusoidalPositions(C, S) }),
    ...declareLinear("word_embed", C, codeDim, normal()),
    { name: "class_emb.weight", shape: [conditionRows(config), C], init: normal(), decay: true },
  ];
  if (config.sharedAdaLN) decls.push(...declareLinear("shared_ada_lin.1", 6 * C, C, normal()));
  for (let i = 0; i < depth; i++) {
    const at = `blocks.${i}`;
    if (config.sharedAdaLN)
      decls.push(declared(`${at}.ada_gss`, [1, 1, 6, C], { kind: "adaGss", std: 1 / Math.sqrt(C) }));
    if (config.qkNorm)
      decls.push(declared(`${at}.attn.scale_mul_1H11`, [1, H, 1, 1], { kind: "constant", value: Math.log(4) }));
    decls.push(
      declared(`${at}.attn.q_bias`, [C], { kind: "zeros" }),
      declared(`${at}.attn.v_bias`, [C], { kind: "zeros" }),
      ...declareLinear(`${at}.attn.mat_qkv`, 3 * C, C, normal(), false),
      ...declareLinear(`${at}.attn.proj`, C, C, residual),
      ...declareLinear(`${at}.ffn.fc1`, mlpWidth, C, normal()),
      ...declareLinear(`${at}.ffn.fc2`, C, mlpWidth, residual),
    );
    if (!config.sharedAdaLN) decls.push(...declareLinear(`${at}.ada_lin.1`, 6 * C, C, { kind: "adaLN", std }));
  }
  decls.push(
    ...declareLinear("head_nm.ada_lin.1", 2 * C, C, normal(0.5)),
    ...declareLinear("head", config.codebookSize, C, normal(0.02)),
  );
  return decls;
}

/** Rows of the class table: the classes, "no class", and what can be added to them. */
export const conditionRows = ({ numClasses, conditions = 0 }: TransformerConfig): number => numClasses + 1 + conditions;

/** Buffers that released checkpoints carry and that hold no weights. */
export const isTransformerBuffer = (name: string): boolean =>
  name === "attn_bias_for_masking" || /^blocks\.\d+\.attn\.zero_k_bias$/.test(name);

/**
 * Start of the position map [1, C, S, S]: even channels sin(y·f), odd channels cos(x·f), f = exp(−2k·ln(10000)/C) for
 * channel pair k, as in the authors' code.
 */
function sinusoidalPositions(C: number, side: number): Float32Array {
  const map = new Float32Array(C * side * side);
  for (let channel = 0; channel < C; channel++) {
    const f = Math.exp((-2 * Math.floor(channel / 2) * Math.log(10000)) / C);
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++)
        map[(channel * side + y) * side + x] = channel % 2 === 0 ? Math.sin(y * f) : Math.cos(x * f);
  }
  return map;
}
