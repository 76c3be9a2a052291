/**
 * The tokenizer's training loss (arXiv 2502.20313, section 3.2): the latent is pooled to K grids, each is quantised and decoded on
 * its own, and the losses are summed. The paper does not state the target at small scales: here it is the picture
 * resized (area) to the decoded size.
 */
import { type Dim, input, mulDims, ops, type Program, program, type Tensor } from "../engine/index.ts";
import { areaMatrix } from "../image/index.ts";
import {
  CODEBOOK,
  declareTokenizer,
  decodeCodes,
  downsampling,
  encodeLatent,
  isDecoderParam,
  latentRows,
  nearestCodes,
  type TokenizerConfig,
  unitCodebook,
} from "../models/index.ts";
import { type ParamDecl, type Params, paramTensors } from "../nn/index.ts";
import type { Runtime, Value } from "../runtime/index.ts";
import type { Grid } from "../sampling/index.ts";
import { extraDecls, extraLosses } from "./extra-losses.ts";
import { stepOptionsOf } from "./optimizer.ts";
import { gradientDifference, meanAbsolute, meanLogSquared, meanSquared } from "./pixel-losses.ts";
import { stepProgram } from "./step.ts";
import type { TokenizerTraining } from "./tokenizer-config.ts";

const { add, argMax, gather, l2Normalize, matmul, mul, reshape, stopGradient, sub, transpose } = ops;

type TokenizerLossWeights = TokenizerTraining["loss"];

/** One scale's graph. */
interface ScaleLosses {
  /** Normalised encoder vectors [B, l, Z] and the ids [B, l] of their codes. */
  readonly rows: Tensor;
  readonly tokens: Tensor;
  /** Straight-through reconstruction [B, 3, f·h, f·w], and what it should be. */
  readonly reconstruction: Tensor;
  readonly target: Tensor;
  readonly pixel: Tensor;
  readonly absolute: Tensor;
  readonly logPixel: Tensor;
  readonly gradient: Tensor;
  /** Codebook loss and commitment loss before their weights; equal in value, opposite in whom they move. */
  readonly codebook: Tensor;
  readonly commitment: Tensor;
}

export interface TokenizerObjective {
  readonly total: Tensor;
  /** Reconstruction terms only: pixel, absolute, gradient, weighted. */
  readonly reconstruction: Tensor;
  /** Scales in order; the native one last. */
  readonly scales: readonly ScaleLosses[];
}

/**
 * Inputs that pool scale `i` (not the native one) from a native grid H×W to h×w, and their shapes: matrices for the latent's rows and
 * columns, then for the picture's.
 */
export const poolingShapes = (i: number, [h, w]: readonly Dim[], [H, W]: readonly Dim[], factor: number) =>
  [
    [`latentRows${i}`, [h!, H!]],
    [`latentColumns${i}`, [w!, W!]],
    [`imageRows${i}`, [mulDims(factor, h!), mulDims(factor, H!)]],
    [`imageColumns${i}`, [mulDims(factor, w!), mulDims(factor, W!)]],
  ] as const;

/** rows · x · columnsᵀ over the last two axes. */
function poolSeparably(x: Tensor, rows: Tensor, columns: Tensor): Tensor {
  return matmul(rows, matmul(x, columns, { transB: true }));
}

/**
 * The losses of a picture batch [B, 3, f·H, f·W] in [−1, 1] at `smallScales` pooled grids, whose matrices are inputs named
 * by `poolingShapes`, and at the native one.
 */
export function tokenizerObjective(
  p: Params,
  config: TokenizerConfig,
  image_B3HW: Tensor,
  native: readonly [Dim, Dim],
  smallScales: number,
  weights: TokenizerLossWeights,
): TokenizerObjective {
  const factor = downsampling(config);
  const latent = encodeLatent(p, config, image_B3HW);
  const unit_VZ = unitCodebook(p);
  const scales = Array.from({ length: smallScales + 1 }, (_, i): ScaleLosses => {
    if (i === smallScales) return scaleLosses(p, config, unit_VZ, latent, image_B3HW, weights);
    const shapes = poolingShapes(i, [`h${i}`, `w${i}`], native, factor);
    const [latentRows, latentColumns, imageRows, imageColumns] = shapes.map(([name, shape]) =>
      input(name, "float32", shape),
    );
    const pooled = poolSeparably(latent, latentRows!, latentColumns!);
    const target = poolSeparably(image_B3HW, imageRows!, imageColumns!);
    return scaleLosses(p, config, unit_VZ, pooled, target, weights);
  });
  const weighted = (...terms: readonly LossTerm[]): Tensor =>
    scales
      .map((s, i) => {
        const sum = sumOf(terms.map((term) => [s[term], weights[term]]));
        return i === smallScales ? sum : mul(sum, weights.smallScales);
      })
      .reduce((a, b) => add(a, b));
  const reconstruction = weighted("pixel", "absolute", "logPixel", "gradient");
  const quantisation = weighted("codebook", "commitment");
  return { total: add(reconstruction, quantisation), reconstruction, scales };
}

type LossTerm = keyof ScaleLosses & keyof TokenizerLossWeights;

/** Weighted sum; terms of weight 0 leave no trace in the graph. */
function sumOf(terms: readonly (readonly [Tensor, number])[]): Tensor {
  const used = terms.filter(([, weight]) => weight !== 0).map(([t, weight]) => (weight === 1 ? t : mul(t, weight)));
  return used.length === 0 ? ops.scalar(0) : used.reduce((a, b) => add(a, b));
}

function scaleLosses(
  p: Params,
  config: TokenizerConfig,
  unit_VZ: Tensor,
  latent_BZhw: Tensor,
  target: Tensor,
  weights: TokenizerLossWeights,
): ScaleLosses {
  const [B, Z, h, w] = latent_BZhw.shape as [Dim, Dim, Dim, Dim];
  // Every level halves the sides, which are multiples of the down-sampling only.
  const levels = Math.min(weights.gradientLevels, 1 + Math.floor(Math.log2(downsampling(config))));
  const rows = l2Normalize(latentRows(latent_BZhw));
  const tokens = argMax(matmul(stopGradient(rows), stopGradient(unit_VZ), { transB: true }), 2);
  const codes = gather(unit_VZ, tokens);
  const straight = add(rows, stopGradient(sub(codes, rows)));
  const grid = reshape(transpose(straight, [0, 2, 1]), [B, Z, h, w]);
  const reconstruction = decodeCodes(p, config, grid);
  return {
    rows,
    tokens,
    reconstruction,
    target,
    pixel: meanSquared(reconstruction, target),
    absolute: meanAbsolute(reconstruction, target),
    logPixel: meanLogSquared(reconstruction, target),
    gradient: gradientDifference(reconstruction, target, levels),
    codebook: meanSquared(codes, stopGradient(rows)),
    commitment: meanSquared(rows, stopGradient(codes)),
  };
}

/** The picture input [B, 3, f·H, f·W] of a native grid H×W. */
export function imageInput(config: TokenizerConfig, H: Dim = "H", W: Dim = "W"): Tensor {
  const factor = downsampling(config);
  return input("image", "float32", ["B", 3, mulDims(factor, H), mulDims(factor, W)]);
}

/** The area-pooling matrix [to, from] of one axis as a session value. */
export function areaValue(runtime: Runtime, from: number, to: number): Value {
  const matrix = areaMatrix(from, to);
  return runtime.floats(matrix.data, [matrix.out, matrix.in]);
}

/** Pictures `image` [B, 3, f·H, f·W] to their `latent` [B, Z, H, W]. */
export function encodeProgram(config: TokenizerConfig): Program {
  const p = paramTensors(declareTokenizer(config));
  return program("encode", { latent: encodeLatent(p, config, imageInput(config)) });
}

/** Tokens [B, h·w] of inputs `latent` [B, Z, H, W] pooled by `rows` [h, H] and `columns` [w, W]. */
export function pooledTokens(p: Params, { codeDim }: TokenizerConfig): Tensor {
  const latent = input("latent", "float32", ["B", codeDim, "H", "W"]);
  const pooled = poolSeparably(latent, input("rows", "float32", ["h", "H"]), input("columns", "float32", ["w", "W"]));
  return nearestCodes(p, latentRows(pooled));
}

/** Inputs of pooled scale `i`: latent and picture of a native grid to a smaller one, `factor` pixels a cell. */
export function poolingFeeds(
  runtime: Runtime,
  i: number,
  [H, W]: Grid,
  [h, w]: Grid,
  factor: number,
): Record<string, Value> {
  const matrices = poolingShapes(i, [h, w], [H, W], factor);
  return Object.fromEntries(
    matrices.map(([name, [to, from]]) => [name, areaValue(runtime, from as number, to as number)]),
  );
}

/** Whether a gradient moves a parameter: the decoder's alone, or all but codes that are moving averages. */
export function isTrained({ train, codebook }: TokenizerTraining, { name }: ParamDecl): boolean {
  if (train === "decoder") return isDecoderParam(name);
  return codebook.update === "gradient" || name !== CODEBOOK;
}

/** Pooled grids of a step beside the native one, which is `native` cells wide. */
export const smallScaleCount = ({ scales }: TokenizerTraining, native: number): number =>
  Math.min(scales.perBatch - 1, native - 1);

/**
 * The step's program, where `judged` says whether the discriminator takes part. Beside a `stepProgram`'s, its outputs are
 * `reconstruction`, the native grid's `pixel` and `commitment`, the optional terms by name, and for every grid i its normalised
 * encoder vectors `rows{i}` [B, l, Z] and the codes `tokens{i}` [B, l] that they chose.
 */
export function tokenizerProgram(config: TokenizerTraining, native: number, judged: boolean): Program {
  const { model, optimizer } = config;
  const decls = declareTokenizer(model);
  const trained = decls.filter((decl) => isTrained(config, decl));
  const { lpips, discriminator } = extraDecls(config);
  const p = paramTensors([...decls, ...lpips, ...discriminator]);
  const codesMove = trained.some(({ name }) => name === CODEBOOK);
  const weights = { ...config.loss, codebook: codesMove ? config.loss.codebook : 0 };
  const image = imageInput(model, native, native);
  const small = smallScaleCount(config, native);
  const objective = tokenizerObjective(p, model, image, [native, native], small, weights);
  const last = objective.scales.at(-1)!;
  const { perceptual, adversarial, second } = extraLosses(p, config, last.reconstruction, last.target, judged);
  const terms = { ...(perceptual && { perceptual }), ...(adversarial && { adversarial }) };
  const total = Object.values(terms).reduce((sum, term) => ops.add(sum, term), objective.total);
  const perScale = objective.scales.flatMap(({ rows, tokens }, i) => [
    [`rows${i}`, rows] as const,
    [`tokens${i}`, tokens] as const,
  ]);
  const extras = {
    reconstruction: objective.reconstruction,
    pixel: last.pixel,
    commitment: last.commitment,
    ...Object.fromEntries(perScale),
    ...terms,
  };
  return stepProgram("train_tokenizer", trained, p, total, extras, stepOptionsOf(optimizer), second);
}
