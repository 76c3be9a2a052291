/**
 * The Inception network that FID, sFID and the Inception Score are computed with, as graph: the classifier published in December
 * 2015, with the pooling of that graph (averages leave the border out; the last block's pooling branch takes the largest).
 */
import { constant, input, ops, type Tensor } from "../engine/index.ts";
import type { ParamDecl, Params } from "../nn/index.ts";
import {
  forksAfter,
  INCEPTION_CLASSES,
  INCEPTION_FEATURES,
  type InceptionConv,
  inceptionBlocks,
  inceptionLayers,
  type Layers,
} from "./inception-layers.ts";

const { add, concat, conv, matmul, max, mul, padImage, reduceMean, relu, reshape, slice, sub, transpose } = ops;

/** Side of the pictures that the network reads. */
export const INCEPTION_SIDE = 299;

/** Channels of the spatial features: the first so many of the first branch of block "mixed_6" (OpenAI's sFID). */
const SPATIAL_CHANNELS = 7;

export interface InceptionOutputs {
  /** [B, 2048]: "pool_3". */
  readonly features: Tensor;
  /** [B, 17·17·7] in the order row, column, channel: "mixed_6/conv". */
  readonly spatial: Tensor;
  /** [B, 1008] without bias, as OpenAI's evaluator takes them for the Inception Score. */
  readonly logits: Tensor;
}

const kernelName = (name: string): string => `${name}.weight`;
const biasName = (name: string): string => `${name}.bias`;

/** Parameters with batch normalisation folded into the convolutions; see `foldInception`. */
export function declareInception(narrow = 1): ParamDecl[] {
  const decls: ParamDecl[] = [];
  for (const { name, inputs, outputs, kernel } of inceptionLayers(narrow).values()) {
    const init = { kind: "zeros" } as const;
    decls.push({ name: kernelName(name), shape: [outputs, inputs, ...kernel], init, decay: true });
    decls.push({ name: biasName(name), shape: [outputs], init, decay: false });
  }
  const shape = [INCEPTION_CLASSES, INCEPTION_FEATURES / narrow];
  return [...decls, { name: "fc.weight", shape, init: { kind: "zeros" }, decay: true }];
}

/**
 * Pictures [B, 3, H, W] with values 0..255 to the network's outputs. `rows` [299, H] and `columns` [299, W] resize them; values
 * v become (v − 128) / 128.
 */
export function inception(p: Params, narrow = 1): InceptionOutputs {
  const image = input("image", "float32", ["B", 3, "H", "W"]);
  const rows = input("rows", "float32", [INCEPTION_SIDE, "H"]);
  const columns = input("columns", "float32", [INCEPTION_SIDE, "W"]);
  const resized = matmul(rows, matmul(image, columns, { transB: true }));
  const layers = inceptionLayers(narrow);
  const layer = (name: string, x: Tensor): Tensor => convolve(p, layers, name, x);
  let x = mul(sub(resized, 128), 1 / 128);
  for (const name of ["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3"]) x = layer(name, x);
  x = maxPool(x, 2, 0);
  for (const name of ["Conv2d_3b_1x1", "Conv2d_4a_3x3"]) x = layer(name, x);
  x = maxPool(x, 2, 0);
  let spatial: Tensor | undefined;
  for (const { name, kind, branches } of inceptionBlocks) {
    const isLast = name === "Mixed_7c";
    const outputs = branches.flatMap((branch) => {
      const pools = branch[0]![0] === "branch_pool";
      let y = x;
      if (pools) y = isLast ? maxPool(x, 1, 1) : averagePool(x);
      for (const [step] of branch) y = layer(`${name}.${step}`, y);
      if (kind !== "E") return [y];
      const fork = forksAfter.get(branch.at(-1)![0]);
      return fork === undefined ? [y] : fork.map((step) => layer(`${name}.${step}`, y));
    });
    if (kind === "B" || kind === "D") outputs.push(maxPool(x, 2, 0));
    if (name === "Mixed_6d") spatial = spatialFeatures(outputs[0]!);
    x = concat(outputs, 1);
  }
  const features = reshape(reduceMean(x, [2, 3]), ["B", INCEPTION_FEATURES / narrow]);
  if (spatial === undefined) throw new Error("inception: expected block Mixed_6d, got none");
  return { features, spatial, logits: matmul(features, p("fc.weight"), { transB: true }) };
}

function convolve(p: Params, layers: Layers, name: string, x: Tensor): Tensor {
  const { stride, pad } = layers.get(name) as InceptionConv;
  const [y, side] = pad;
  const attrs = { strides: [stride, stride], pads: [y, side, y, side] } as const;
  return relu(conv(x, p(kernelName(name)), p(biasName(name)), attrs));
}

/** [B, C, 17, 17] to the first channels as [B, 17·17·7], channels last. */
function spatialFeatures(x: Tensor): Tensor {
  const [, , height, width] = x.shape as [unknown, number, number, number];
  const channels = Math.min(SPATIAL_CHANNELS, x.shape[1] as number);
  const last = transpose(slice(x, 1, 0, channels), [0, 2, 3, 1]);
  return reshape(last, ["B", height * width * channels]);
}

/** Combines the three neighbours of each place along an axis of fixed extent. */
function threeAlong(x: Tensor, axis: number, stride: number, combine: (a: Tensor, b: Tensor) => Tensor): Tensor {
  const extent = x.shape[axis];
  if (typeof extent !== "number") throw new Error(`pooling: expected an axis of fixed extent, got ${extent}`);
  const count = Math.floor((extent - 3) / stride) + 1;
  const from = (start: number): Tensor => slice(x, axis, start, start + (count - 1) * stride + 1, stride);
  return combine(combine(from(0), from(1)), from(2));
}

/** Largest of 3×3; values are not negative, so that zeros around the picture change nothing. */
function maxPool(x: Tensor, stride: number, around: number): Tensor {
  const padded = padImage(x, [around, around, around, around]);
  return threeAlong(threeAlong(padded, 3, stride, max), 2, stride, max);
}

/** Mean of 3×3, of the places inside the picture only. */
function averagePool(x: Tensor): Tensor {
  const [height, width] = x.shape.slice(2) as [number, number];
  const padded = padImage(x, [1, 1, 1, 1]);
  const inside = (at: number, extent: number): number => 3 - Number(at === 0) - Number(at === extent - 1);
  const shares = Float32Array.from({ length: height * width }, (_, i) => {
    return 1 / (inside(Math.floor(i / width), height) * inside(i % width, width));
  });
  return mul(threeAlong(threeAlong(padded, 3, 1, add), 2, 1, add), constant(shares, [1, 1, height, width]));
}
