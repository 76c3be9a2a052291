/**
 * The FlexVAR transformer (arXiv 2502.20313, section 3.3; parameters under the authors' names): AdaLN blocks over the tokens of all
 * scales, one learnable position map pooled to every grid, no level embedding.
 */
import { type Dim, dim, expectShape, ops, scope, type Tensor } from "../engine/index.ts";
import { linear, type Params } from "../nn/index.ts";
import { conditionRows, type TransformerConfig } from "./transformer-params.ts";

const {
  add,
  concat,
  exp,
  expand,
  gather,
  gelu,
  layerNorm,
  matmul,
  min,
  mul,
  reshape,
  silu,
  slice,
  softmax,
  transpose,
} = ops;

const LAYER_NORM_EPSILON = 1e-6;
/** Upper bound of the learned log-scale of attention. */
const MAX_LOG_SCALE = Math.log(100);

/** What the class decides: the modulations of every block [R, 6, C], of the head [R, 2, C], and the first token. */
export interface Conditioning {
  readonly blocks: readonly Tensor[];
  readonly head: Tensor;
  /** Class embedding + pos_start [R, 1, C]: scale 1's input before its position is added. */
  readonly start: Tensor;
}

/** Weighted sums of rows of the class table: `ids` and `weights` [R, K] to [R, C]. One row of weight 1 is that row, bit for bit. */
export function mixedRows(p: Params, { width: C }: TransformerConfig, ids_RK: Tensor, weights_RK: Tensor): Tensor {
  const [R, K] = [dim(ids_RK, 0), dim(ids_RK, 1)];
  const sums_R1C = matmul(reshape(weights_RK, [R, 1, K]), gather(p("class_emb.weight"), ids_RK));
  return reshape(sums_R1C, [R, C]);
}

/** Conditioning by embeddings [R, C] of classes. Depends on these alone: once per image. */
export function conditioningBy(p: Params, config: TransformerConfig, embedded_RC: Tensor): Conditioning {
  const { width: C } = config;
  const R = dim(embedded_RC, 0);
  const activated = silu(embedded_RC);
  const modulations = (name: string, parts: number): Tensor => reshape(linear(p, name, activated), [R, parts, C]);
  const shared = config.sharedAdaLN ? modulations("shared_ada_lin.1", 6) : undefined;
  return {
    blocks: Array.from({ length: config.depth }, (_, i) =>
      shared === undefined
        ? modulations(`blocks.${i}.ada_lin.1`, 6)
        : add(shared, reshape(p(`blocks.${i}.ada_gss`), [1, 6, C])),
    ),
    head: modulations("head_nm.ada_lin.1", 2),
    start: add(reshape(embedded_RC, [R, 1, C]), p("pos_start")),
  };
}

/** Positions [l, C] of grid cells: `pool` [l, S·S] averages the position map over each cell. */
export function positions(p: Params, config: TransformerConfig, pool_lS: Tensor): Tensor {
  const { width: C, positionSide: S } = config;
  return matmul(pool_lS, reshape(p("pos_1LC"), [C, S * S]), { transB: true });
}

/** Codes [B, l, Z] (already resized to the grid) to transformer inputs [B, l, C], without position. */
export function embedCodes(p: Params, codes_BlZ: Tensor): Tensor {
  return linear(p, "word_embed", codes_BlZ);
}

/** Keys and values [R, H, l, c] of one block. */
export interface KeyValue {
  readonly k: Tensor;
  readonly v: Tensor;
}

/** [R, l, C] to [R, H, l, c]. */
function splitHeads(x: Tensor, H: number): Tensor {
  const [R, l, C] = x.shape as [Dim, Dim, number];
  return transpose(reshape(x, [R, l, H, C / H]), [0, 2, 1, 3]);
}

/**
 * Self-attention. `past` keys and values come first; `bias` [l, keys] is added to the scores (0 or −infinity).
 * Returns the mixed values and the keys and values seen.
 */
function attention(
  p: Params,
  name: string,
  config: TransformerConfig,
  x_RlC: Tensor,
  past: KeyValue | undefined,
  bias: Tensor | undefined,
): KeyValue & { out: Tensor } {
  const { width: C, heads: H } = config;
  const [R, l] = x_RlC.shape as [Dim, Dim];
  const qkv = linear(p, `${name}.mat_qkv`, x_RlC, { bias: false });
  const part = (i: number): Tensor => slice(qkv, 2, i * C, (i + 1) * C);
  let q = splitHeads(add(part(0), p(`${name}.q_bias`)), H);
  let k = splitHeads(part(1), H);
  let v = splitHeads(add(part(2), p(`${name}.v_bias`)), H);
  let alpha = 0.25 / Math.sqrt(C / H);
  if (config.qkNorm) {
    const scale = exp(min(p(`${name}.scale_mul_1H11`), MAX_LOG_SCALE));
    q = mul(ops.l2Normalize(q), scale);
    k = ops.l2Normalize(k);
    alpha = 1;
  }
  if (past !== undefined) {
    k = concat([past.k, k], 2);
    v = concat([past.v, v], 2);
  }
  const scores = matmul(q, k, { transB: true, alpha });
  const weights = softmax(bias === undefined ? scores : add(scores, bias));
  const mixed = reshape(transpose(matmul(weights, v), [0, 2, 1, 3]), [R, l, C]);
  return { out: linear(p, `${name}.proj`, mixed), k, v };
}

export interface BlockOptions {
  readonly past?: KeyValue;
  /** Additive attention bias [l, keys]. */
  readonly bias?: Tensor;
  /** Stochastic depth: factor [R, 1, 1] on each residual branch (0, or 1 / keep probability). */
  readonly keep?: Tensor;
}

/** One AdaLN block; modulation order gamma1, gamma2, scale1, scale2, shift1, shift2. */
export function block(
  p: Params,
  config: TransformerConfig,
  index: number,
  x_RlC: Tensor,
  modulation_R6C: Tensor,
  { past, bias, keep }: BlockOptions = {},
): KeyValue & { out: Tensor } {
  const name = `blocks.${index}`;
  const [R, l] = x_RlC.shape as [Dim, Dim];
  return scope(name, () => {
    expectShape("input", x_RlC.shape, [R, l, config.width]);
    const [gamma1, gamma2, scale1, scale2, shift1, shift2] = Array.from({ length: 6 }, (_, i) =>
      slice(modulation_R6C, 1, i, i + 1),
    ) as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
    const branch = (x: Tensor): Tensor => (keep === undefined ? x : mul(x, keep));
    const a = attention(p, `${name}.attn`, config, modulate(x_RlC, scale1, shift1), past, bias);
    const x1 = add(x_RlC, branch(mul(a.out, gamma1)));
    const hidden = gelu(linear(p, `${name}.ffn.fc1`, modulate(x1, scale2, shift2)));
    const x2 = add(x1, branch(mul(linear(p, `${name}.ffn.fc2`, hidden), gamma2)));
    return { out: x2, k: a.k, v: a.v };
  });
}

/** LN(x)·(1 + scale) + shift. */
function modulate(x_RlC: Tensor, scale_R1C: Tensor, shift_R1C: Tensor): Tensor {
  return add(mul(layerNorm(x_RlC, LAYER_NORM_EPSILON), add(scale_R1C, 1)), shift_R1C);
}

/** Final norm and head: [R, l, C] to logits [R, l, V]. */
export function headLogits(p: Params, x_RlC: Tensor, modulation_R2C: Tensor): Tensor {
  const [scale, shift] = [slice(modulation_R2C, 1, 0, 1), slice(modulation_R2C, 1, 1, 2)];
  return scope("head", () => linear(p, "head", modulate(x_RlC, scale, shift)));
}

/** The teacher-forced pass's inputs. */
export interface TeacherForcing {
  /** Class ids [B]. */
  readonly classIds: Tensor;
  /** Weights of further conditions [B, conditions]. */
  readonly added?: Tensor;
  /** Codes of scale i − 1 resized to scale i, for every scale but the first, of F tokens: [B, L − F, Z]. */
  readonly codes: Tensor;
  /** F, tokens of the first scale; 1 by default (a list may begin with a grid larger than 1×1). */
  readonly firstTokens?: number;
  /** Position pooling rows of all scales [L, S·S]. */
  readonly pool: Tensor;
  /** Block-causal additive bias [L, L]. */
  readonly bias: Tensor;
  /** Stochastic depth per block and image [depth, B, 1, 1]. */
  readonly keep?: Tensor;
}

/** All scales in one pass under the block-causal mask: logits [B, L, V], and each block's output. */
export function teacherForced(
  p: Params,
  config: TransformerConfig,
  { classIds, added, codes, firstTokens = 1, pool, bias, keep }: TeacherForcing,
): { logits: Tensor; hidden: Tensor[] } {
  const table = p("class_emb.weight");
  const class_BC = gather(table, classIds);
  const further = (): Tensor => slice(table, 0, config.numClasses + 1, conditionRows(config));
  const cond = conditioningBy(p, config, added === undefined ? class_BC : add(class_BC, matmul(added, further())));
  const first = firstTokens === 1 ? cond.start : expand(cond.start, [dim(classIds, 0), firstTokens, config.width]);
  let x = add(concat([first, embedCodes(p, codes)], 1), positions(p, config, pool));
  const hidden: Tensor[] = [];
  for (let i = 0; i < config.depth; i++) {
    const keepHere = keep === undefined ? undefined : reshape(slice(keep, 0, i, i + 1), [dim(classIds, 0), 1, 1]);
    x = block(p, config, i, x, cond.blocks[i]!, { bias, keep: keepHere }).out;
    hidden.push(x);
  }
  return { logits: headLogits(p, x, cond.head), hidden };
}
