/**
 * Layers. Tensor names carry their dimensions: B batch, l tokens of a scale, L tokens of all scales, C width, H heads,
 * c width of a head, h w height and width, V codebook size, Z code dimension, R rows (batch, doubled under guidance).
 */
import { type ConvAttrs, type Dim, dim, mulDims, ops, scope, type Tensor } from "../engine/index.ts";
import type { Init, ParamDecl, Params } from "./params.ts";

const { add, conv, convTranspose, instanceNorm, matmul, mul, pad, reshape, silu, softmax, turnKernel } = ops;

/** y = x · Wᵀ + b with W [out, in], as PyTorch stores it. */
export function linear(p: Params, name: string, x: Tensor, { bias = true } = {}): Tensor {
  const y = matmul(x, p(`${name}.weight`), { transB: true });
  return bias ? add(y, p(`${name}.bias`)) : y;
}

export function declareLinear(name: string, outputs: number, inputs: number, init: Init, bias = true): ParamDecl[] {
  const weight: ParamDecl = { name: `${name}.weight`, shape: [outputs, inputs], init, decay: true };
  return bias ? [weight, { name: `${name}.bias`, shape: [outputs], init: { kind: "zeros" }, decay: false }] : [weight];
}

/** k×k convolution with bias; `pads` top, left, bottom, right. */
export function convLayer(p: Params, name: string, x: Tensor, attrs: Partial<ConvAttrs>): Tensor {
  return conv(x, p(`${name}.weight`), p(`${name}.bias`), attrs);
}

export const same3x3: Partial<ConvAttrs> = { pads: [1, 1, 1, 1] };

export function declareConv(name: string, outputs: number, inputs: number, kernel: number): ParamDecl[] {
  const bound = 1 / Math.sqrt(inputs * kernel * kernel);
  return [
    { name: `${name}.weight`, shape: [outputs, inputs, kernel, kernel], init: { kind: "uniform", bound }, decay: true },
    { name: `${name}.bias`, shape: [outputs], init: { kind: "uniform", bound }, decay: false },
  ];
}

/**
 * Nearest ×2, then a 3×3 convolution, as one transposed convolution of stride 2. A pixel of the enlarged picture sees each
 * pixel of the small one through up to four taps; their sums are a 4×4 kernel, and 2.25 times fewer products remain.
 */
export function upsampleConvLayer(p: Params, name: string, x: Tensor): Tensor {
  const kernel = enlargingKernel(p(`${name}.weight`));
  return convTranspose(x, kernel, p(`${name}.bias`), { strides: [2, 2], pads: [1, 1, 1, 1] });
}

/** Where a layer is used at several grids its kernel is spread once, and so is its gradient. */
const enlarging = new WeakMap<Tensor, Tensor>();

/** The 4×4 kernel [I, O, 4, 4] that nearest ×2 and a convolution by w [O, I, 3, 3] are. */
function enlargingKernel(w: Tensor): Tensor {
  const known = enlarging.get(w);
  if (known !== undefined) return known;
  const spread = (t: Tensor, axis: number): Tensor => add(pad(t, axis, 0, 1), pad(t, axis, 1, 0));
  const kernel = spread(spread(turnKernel(w), 2), 3);
  enlarging.set(w, kernel);
  return kernel;
}

const GROUP_NORM_EPSILON = 1e-6;

/** GroupNorm over [B, C, h, w] with per-channel scale and bias (Wu & He, arXiv 1803.08494). */
export function groupNorm(p: Params, name: string, x: Tensor, groups: number): Tensor {
  const [B, C, h, w] = x.shape as [Dim, number, Dim, Dim];
  if (C % groups !== 0) throw new Error(`${name}: expected channels divisible by ${groups} groups, got ${C}`);
  const grouped = reshape(x, [B, groups, mulDims(C / groups, h), w]);
  const normed = reshape(instanceNorm(grouped, GROUP_NORM_EPSILON), x.shape);
  return add(mul(normed, perChannel(p(`${name}.weight`))), perChannel(p(`${name}.bias`)));
}

export function declareGroupNorm(name: string, channels: number): ParamDecl[] {
  return [
    { name: `${name}.weight`, shape: [channels], init: { kind: "constant", value: 1 }, decay: false },
    { name: `${name}.bias`, shape: [channels], init: { kind: "zeros" }, decay: false },
  ];
}

/** [C] as [C, 1, 1], which broadcasts over [B, C, h, w]. */
function perChannel(x: Tensor): Tensor {
  return reshape(x, [dim(x, 0), 1, 1]);
}

/** GroupNorm → SiLU → 3×3, twice, plus the input (through a 1×1 convolution where the width changes). */
export function resnetBlock(p: Params, name: string, x: Tensor, channels: number, groups: number): Tensor {
  return scope(name, () => {
    const h = convLayer(p, `${name}.conv1`, silu(groupNorm(p, `${name}.norm1`, x, groups)), same3x3);
    const y = convLayer(p, `${name}.conv2`, silu(groupNorm(p, `${name}.norm2`, h, groups)), same3x3);
    return add(dim(x, 1) === channels ? x : convLayer(p, `${name}.nin_shortcut`, x, {}), y);
  });
}

export function declareResnetBlock(name: string, inputs: number, outputs: number): ParamDecl[] {
  return [
    ...declareGroupNorm(`${name}.norm1`, inputs),
    ...declareConv(`${name}.conv1`, outputs, inputs, 3),
    ...declareGroupNorm(`${name}.norm2`, outputs),
    ...declareConv(`${name}.conv2`, outputs, outputs, 3),
    ...(inputs === outputs ? [] : declareConv(`${name}.nin_shortcut`, outputs, inputs, 1)),
  ];
}

/** Single-head self-attention over the pixels of [B, C, h, w], added to the input. */
export function pixelAttention(p: Params, name: string, x: Tensor, groups: number): Tensor {
  return scope(name, () => {
    const [B, C, h, w] = x.shape as [Dim, number, Dim, Dim];
    const normed = groupNorm(p, `${name}.norm`, x, groups);
    const project = (part: string): Tensor =>
      reshape(convLayer(p, `${name}.${part}`, normed, {}), [B, C, mulDims(h, w)]);
    const weights = softmax(matmul(project("q"), project("k"), { transA: true, alpha: 1 / Math.sqrt(C) }));
    const mixed = reshape(matmul(project("v"), weights, { transB: true }), x.shape);
    return add(x, convLayer(p, `${name}.proj_out`, mixed, {}));
  });
}

export function declarePixelAttention(name: string, channels: number): ParamDecl[] {
  return [
    ...declareGroupNorm(`${name}.norm`, channels),
    ...["q", "k", "v", "proj_out"].flatMap((part) => declareConv(`${name}.${part}`, channels, channels, 1)),
  ];
}
