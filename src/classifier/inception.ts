/**
 * The Inception network that FID, sFID and the Inception Score are computed with (Szegedy et al., arXiv 1512.00567), as graph: the
 * classifier published in December 2015, with the pooling of that graph (averages leave the border out; the last block's pooling
 * branch takes the largest), under the names of its PyTorch conversion.
 */

import { openTensorFile, toFloat32 } from "../checkpoint/index.ts";
import { constant, input, ops, param, type Tensor } from "../engine/index.ts";
import { FileError } from "../errors/index.ts";

const { add, concat, conv, matmul, max, mul, padImage, reduceMean, relu, reshape, slice, sub, transpose } = ops;

/** Side of the pictures that the network reads. */
export const INCEPTION_SIDE = 299;

/** Channels of the features, before `narrow`. */
export const INCEPTION_FEATURES = 2048;

/** Number of classes of the published network. */
export const INCEPTION_CLASSES = 1008;

/** Channels of the spatial features: the first so many of the first branch of block "mixed_6" (OpenAI's sFID). */
const SPATIAL_CHANNELS = 7;

/** A convolution, whose batch normalisation is folded in, and ReLU. */
export interface InceptionConv {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Kernel height and width. */
  readonly kernel: readonly [number, number];
}

const a = (pool: number): string[] => [
  "branch1x1 64 1x1",
  "branch5x5_1 48 1x1 > branch5x5_2 64 5x5",
  "branch3x3dbl_1 64 1x1 > branch3x3dbl_2 96 3x3 > branch3x3dbl_3 96 3x3",
  `average > branch_pool ${pool} 1x1`,
];
const b = ["branch3x3 384 3x3/2", "branch3x3dbl_1 64 1x1 > branch3x3dbl_2 96 3x3 > branch3x3dbl_3 96 3x3/2", "max/2"];
const c = (inner: number): string[] => [
  "branch1x1 192 1x1",
  `branch7x7_1 ${inner} 1x1 > branch7x7_2 ${inner} 1x7 > branch7x7_3 192 7x1`,
  `branch7x7dbl_1 ${inner} 1x1 > branch7x7dbl_2 ${inner} 7x1 > branch7x7dbl_3 ${inner} 1x7` +
    ` > branch7x7dbl_4 ${inner} 7x1 > branch7x7dbl_5 192 1x7`,
  "average > branch_pool 192 1x1",
];
const d = [
  "branch3x3_1 192 1x1 > branch3x3_2 320 3x3/2",
  "branch7x7x3_1 192 1x1 > branch7x7x3_2 192 1x7 > branch7x7x3_3 192 7x1 > branch7x7x3_4 192 3x3/2",
  "max/2",
];
const e = (pool: string): string[] => [
  "branch1x1 320 1x1",
  "branch3x3_1 384 1x1 > branch3x3_2a 384 1x3 | branch3x3_2b 384 3x1",
  "branch3x3dbl_1 448 1x1 > branch3x3dbl_2 384 3x3 > branch3x3dbl_3a 384 1x3 | branch3x3dbl_3b 384 3x1",
  `${pool} > branch_pool 192 1x1`,
];

/**
 * Blocks in order, each a list of branches whose outputs are joined. A branch is a chain of convolutions `name outputs kernel` and
 * poolings of 3×3; it may end in two that read the same. `/s` is a stride of s without padding; all others keep the side.
 */
const blocks: readonly (readonly [prefix: string, branches: readonly string[]])[] = [
  ["", ["Conv2d_1a_3x3 32 3x3/2 > Conv2d_2a_3x3 32 3x3/1 > Conv2d_2b_3x3 64 3x3 > max/2"]],
  ["", ["Conv2d_3b_1x1 80 1x1 > Conv2d_4a_3x3 192 3x3/1 > max/2"]],
  ["Mixed_5b.", a(32)],
  ["Mixed_5c.", a(64)],
  ["Mixed_5d.", a(64)],
  ["Mixed_6a.", b],
  ["Mixed_6b.", c(128)],
  ["Mixed_6c.", c(160)],
  ["Mixed_6d.", c(160)],
  ["Mixed_6e.", c(192)],
  ["Mixed_7a.", d],
  ["Mixed_7b.", e("average")],
  ["Mixed_7c.", e("max")],
];

const poolings: ReadonlyMap<string, (x: Tensor) => Tensor> = new Map([
  ["average", averagePool],
  ["max", (x) => maxPool(x, 1, 1)],
  ["max/2", (x) => maxPool(x, 2, 0)],
]);

/**
 * The network and its convolutions by name. It takes pictures [B, 3, H, W] with values 0..255 as `image`, and `rows` [299, H] and
 * `columns` [299, W] that resize them; values v become (v − 128) / 128. It gives
 * - `features` [B, 2048]: "pool_3",
 * - `spatial` [B, 17·17·7] in the order row, column, channel: "mixed_6/conv",
 * - `logits` [B, 1008] without bias, as OpenAI's evaluator takes them for the Inception Score.
 * @param narrow divides every channel count but the picture's three: a small network of the same layout, for tests.
 */
export function inception(narrow = 1) {
  const image = input("image", "float32", ["B", 3, "H", "W"]);
  const rows = input("rows", "float32", [INCEPTION_SIDE, "H"]);
  const columns = input("columns", "float32", [INCEPTION_SIDE, "W"]);
  const layers = new Map<string, InceptionConv>();
  const step = (prefix: string, x: Tensor, text: string): Tensor => {
    const pool = poolings.get(text);
    if (pool !== undefined) return pool(x);
    const [own, channels, shape] = text.split(" ") as [string, string, string];
    const [kernel, stride] = shape.split("/") as [string, string?];
    const [kh, kw] = kernel.split("x").map(Number) as [number, number];
    const [name, inputs, outputs] = [prefix + own, x.shape[1] as number, Number(channels) / narrow];
    layers.set(name, { name, inputs, outputs, kernel: [kh, kw] });
    const [y, side] = stride === undefined ? [(kh - 1) / 2, (kw - 1) / 2] : [0, 0];
    const weight = param(`${name}.weight`, [outputs, inputs, kh, kw]);
    const strides = [Number(stride ?? 1), Number(stride ?? 1)] as const;
    return relu(conv(x, weight, param(`${name}.bias`, [outputs]), { strides, pads: [y, side, y, side] }));
  };
  let x = mul(sub(matmul(rows, matmul(image, columns, { transB: true })), 128), 1 / 128);
  let spatial = x;
  for (const [prefix, branches] of blocks) {
    const outputs = branches.flatMap((branch) => {
      const steps = branch.split(" > ");
      const ends = steps.pop()!.split(" | ");
      const y = steps.reduce((before, text) => step(prefix, before, text), x);
      return ends.map((text) => step(prefix, y, text));
    });
    if (prefix === "Mixed_6d.") spatial = spatialFeatures(outputs[0]!);
    x = outputs.length === 1 ? outputs[0]! : concat(outputs, 1);
  }
  const width = INCEPTION_FEATURES / narrow;
  const features = reshape(reduceMean(x, [2, 3]), ["B", width]);
  const logits = matmul(features, param("fc.weight", [INCEPTION_CLASSES, width]), { transB: true });
  return { outputs: { features, spatial, logits }, layers };
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
  const count = Math.floor(((x.shape[axis] as number) - 3) / stride) + 1;
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

/** Added to a variance before its root: the published graph's. */
const EPSILON = 1e-3;

/**
 * Reads a checkpoint (`.pth` or safetensors) under the names `X.conv.weight`, `X.bn.weight`, `.bias`, `.running_mean`,
 * `.running_var` and `fc.weight`. A convolution w and its normalisation become w·g/√(v+ε) and the bias b − m·g/√(v+ε).
 * @throws Error naming the tensor that is missing or has another shape
 */
export async function readInception(
  path: string,
  layers: ReadonlyMap<string, InceptionConv>,
  narrow: number,
): Promise<Map<string, Float32Array>> {
  const file = await openTensorFile(path);
  const tensor = async (name: string, shape: readonly number[]): Promise<Float32Array> => {
    const entry = file.tensors.get(name);
    if (entry === undefined || entry.shape.join() !== shape.join())
      throw new FileError(path, `"${name}" of [${shape.join(", ")}]`, entry ? `[${entry.shape.join(", ")}]` : "none");
    return toFloat32(await entry.read(), entry.dtype);
  };
  try {
    const weights = new Map<string, Float32Array>();
    for (const { name, inputs, outputs, kernel } of layers.values()) {
      const raw = await tensor(`${name}.conv.weight`, [outputs, inputs, ...kernel]);
      const part = (of: string): Promise<Float32Array> => tensor(`${name}.bn.${of}`, [outputs]);
      const [gain, shift] = [await part("weight"), await part("bias")];
      const [mean, variance] = [await part("running_mean"), await part("running_var")];
      const scale = Float64Array.from(gain, (g, o) => g / Math.sqrt(variance[o]! + EPSILON));
      const taps = raw.length / outputs;
      const folded = Float32Array.from(raw, (w, i) => w * scale[Math.floor(i / taps)]!);
      weights.set(`${name}.weight`, folded);
      weights.set(
        `${name}.bias`,
        Float32Array.from(shift, (b, o) => b - mean[o]! * scale[o]!),
      );
    }
    return weights.set("fc.weight", await tensor("fc.weight", [INCEPTION_CLASSES, INCEPTION_FEATURES / narrow]));
  } finally {
    await file.close();
  }
}
