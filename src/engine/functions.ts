/**
 * The tensor functions: each builds one node (or a few) and computes nothing. Numbers among the operands stand for
 * rank-0 constants of the other operand's dtype. Binary operations broadcast as numpy does.
 */
import { apply } from "./apply.ts";
import { type Dim, mulDims, normalizeAxis, type Shape, sameShape, sizeOf } from "./dims.ts";
import type { DType } from "./dtype.ts";
import type { ConvAttrs, OpAttrs, OpName } from "./ops/attrs.ts";
import { knownNumber, unstretched, withoutNode } from "./simplify.ts";
import { constant, dim, scalar, type Tensor } from "./tensor.ts";

export { dim, scalar };

type Operand = Tensor | number;

function binary(op: "Add" | "Sub" | "Mul" | "Div" | "Min" | "Max" | "Equal" | "Less" | "Greater") {
  return (a: Operand, b: Operand): Tensor => {
    if (typeof a === "number" && typeof b === "number")
      throw new Error(`${op}: expected at least one tensor, got numbers`);
    const left = typeof a === "number" ? scalar(a, (b as Tensor).dtype) : a;
    const right = typeof b === "number" ? scalar(b, left.dtype) : b;
    const known = withoutNode(op, left, right);
    return known ?? apply(op, [unstretched(left, right), unstretched(right, left)], {});
  };
}

type UnaryName = {
  [K in OpName]: OpAttrs[K] extends OpAttrs["Neg"] ? (OpAttrs["Neg"] extends OpAttrs[K] ? K : never) : never;
}[OpName];
const unary =
  (op: UnaryName) =>
  (x: Tensor): Tensor =>
    apply(op, [x], {});

export const add = binary("Add");
export const sub = binary("Sub");
export const mul = binary("Mul");
export const div = binary("Div");
export const min = binary("Min");
export const max = binary("Max");
export const equal = binary("Equal");
export const less = binary("Less");
export const greater = binary("Greater");
const negate = unary("Neg");
export const exp = unary("Exp");
export const log = unary("Log");
export const sqrt = unary("Sqrt");
export const reciprocal = unary("Reciprocal");
export const tanh = unary("Tanh");
export const sigmoid = unary("Sigmoid");
export const relu = unary("Relu");
export const abs = unary("Abs");
export const sign = unary("Sign");
export const sin = unary("Sin");
export const cos = unary("Cos");
export const not = unary("Not");
export const gelu = unary("Gelu");
export const softmax = unary("Softmax");
export const logSoftmax = unary("LogSoftmax");
/** The same value, through which no gradient flows. */
export const stopGradient = unary("StopGradient");

export function neg(x: Tensor): Tensor {
  const known = knownNumber(x);
  return known === undefined ? negate(x) : constant(Float32Array.of(-known), x.shape as number[]);
}

export const and = (a: Tensor, b: Tensor): Tensor => apply("And", [a, b], {});

export const where = (condition: Tensor, a: Tensor, b: Tensor): Tensor => apply("Where", [condition, a, b], {});

export const cast = (x: Tensor, to: DType): Tensor => (x.dtype === to ? x : apply("Cast", [x], { to }));

export const leakyRelu = (x: Tensor, alpha: number): Tensor => apply("LeakyRelu", [x], { alpha });

/** x · sigmoid(x). */
export const silu = (x: Tensor): Tensor => mul(x, sigmoid(x));

const everyAxis = (x: Tensor): number[] => x.shape.map((_, i) => i);

/** Reductions keep the reduced axes with extent 1; over all axes by default. */
export const reduceSum = (x: Tensor, axes: readonly number[] = everyAxis(x)): Tensor =>
  apply("ReduceSum", [x], { axes });

export const reduceMean = (x: Tensor, axes: readonly number[] = everyAxis(x)): Tensor =>
  apply("ReduceMean", [x], { axes });

/** Mean of all elements, rank 0. */
export const mean = (x: Tensor): Tensor => reshape(reduceMean(x), []);

/** Sum of all elements, rank 0. */
export const sum = (x: Tensor): Tensor => reshape(reduceSum(x), []);

/** Index of the largest element along an axis, which is removed; the first on ties. */
export const argMax = (x: Tensor, axis: number): Tensor => apply("ArgMax", [x], { axis });

/** Number of elements of a shape as a float32 scalar: a constant where it is known. */
export function extent(shape: Shape): Tensor {
  const size = sizeOf(shape);
  return typeof size === "number" ? scalar(size) : apply("Extent", [], { shape });
}

export function reshape(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const fixed = shape.every((d): d is number => typeof d === "number");
  const one = fixed && knownNumber(x) !== undefined && sizeOf(shape) === 1;
  return one ? constant(x.data!, shape) : apply("Reshape", [x], { shape });
}

/** [.., n] to [rows, n]. */
export const flattenRows = (x: Tensor): Tensor => reshape(x, [sizeOf(x.shape.slice(0, -1)), dim(x, -1)]);

export const transpose = (x: Tensor, perm: readonly number[]): Tensor =>
  perm.every((p, i) => p === i) ? x : apply("Transpose", [x], { perm });

export const expand = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : apply("Expand", [x], { shape });

/** Sums over the axes that broadcasting had stretched, so that the result has `shape`. */
export function unbroadcast(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const offset = x.shape.length - shape.length;
  const axes = x.shape.flatMap((d, i) => (i < offset || (shape[i - offset] === 1 && d !== 1) ? [i] : []));
  return reshape(axes.length === 0 ? x : reduceSum(x, axes), shape);
}

export const concat = (tensors: readonly Tensor[], axis: number): Tensor =>
  tensors.length === 1 ? tensors[0]! : apply("Concat", tensors, { axis });

/** Elements start, start + step, … before `end` of one axis; a negative `end` counts from the axis's end. */
export function slice(x: Tensor, axis: number, start: number, end = Number.POSITIVE_INFINITY, step = 1): Tensor {
  if (start === 0 && end === Number.POSITIVE_INFINITY && step === 1) return x;
  return apply("Slice", [x], { axis, start, end, step });
}

/** Equal parts of an axis of fixed extent. */
export function split(x: Tensor, axis: number, parts: number): Tensor[] {
  const whole = dim(x, axis);
  if (typeof whole !== "number" || whole % parts !== 0)
    throw new Error(`split: expected an axis of fixed extent divisible by ${parts}, got ${whole}`);
  const size = whole / parts;
  return Array.from({ length: parts }, (_, i) => slice(x, axis, i * size, (i + 1) * size));
}

/** Zeros before and after one axis. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  if (before === 0 && after === 0) return x;
  const at = normalizeAxis("pad", axis, x.shape.length);
  return apply("Pad", [x], { pads: x.shape.map((_, i): [number, number] => (i === at ? [before, after] : [0, 0])) });
}

/** Zeros around the last two axes: top, left, bottom, right. */
export function padImage(x: Tensor, [top, left, bottom, right]: ConvAttrs["pads"]): Tensor {
  if (top + left + bottom + right === 0) return x;
  return apply("Pad", [x], {
    pads: [
      [0, 0],
      [0, 0],
      [top, bottom],
      [left, right],
    ],
  });
}

/** step − 1 zeros after every element of an axis. */
export function dilate(x: Tensor, axis: number, step: number): Tensor {
  const column = [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)];
  const padded = pad(reshape(x, column), axis + 1, 0, step - 1);
  return reshape(
    padded,
    x.shape.map((d, i): Dim => (i === axis ? mulDims(d, step) : d)),
  );
}

/** Rows of x at integer indices: result shape is x's with `axis` replaced by the indices' shape. */
export const gather = (x: Tensor, indices: Tensor, axis = 0): Tensor => apply("Gather", [x, indices], { axis });

export const scatterRows = (indices: Tensor, updates: Tensor, rows: number): Tensor =>
  apply("ScatterRows", [indices, updates], { rows });

export const gatherElements = (x: Tensor, indices: Tensor, axis: number): Tensor =>
  apply("GatherElements", [x, indices], { axis });

export const scatterElements = (indices: Tensor, updates: Tensor, axis: number, size: number): Tensor =>
  apply("ScatterElements", [indices, updates], { axis, size });

/** alpha · op(a) · op(b) over the last two axes. */
export function matmul(
  a: Tensor,
  b: Tensor,
  { transA = false, transB = false, alpha = 1 }: Partial<OpAttrs["MatMul"]> = {},
): Tensor {
  return apply("MatMul", [a, b], { transA, transB, alpha });
}

/**
 * x [.., K] · w [K, N] in integers, columns times `scale` [N]; `w` int8. Rows are rounded to one or two digits of eight bits, each by
 * itself; `zero` 32 where x is mostly positive. No gradient.
 */
export const quantizedMatmul = (
  x: Tensor,
  w: Tensor,
  scale: Tensor,
  { digits = 1, zero = 128 }: Partial<OpAttrs["QuantizedMatMul"]> = {},
): Tensor => apply("QuantizedMatMul", [x, w, scale], { digits, zero });

/** (x − mean) / sqrt(var + epsilon) over the last axis. */
export const layerNorm = (x: Tensor, epsilon: number): Tensor => apply("LayerNorm", [x], { epsilon });

/** x / sqrt(mean(x²) + epsilon) over the last axis. */
export const rmsNorm = (x: Tensor, epsilon: number): Tensor => apply("RmsNorm", [x], { epsilon });

/** x / |x| over the last axis. */
export function l2Normalize(x: Tensor): Tensor {
  const width = dim(x, -1);
  if (typeof width !== "number") throw new Error(`l2Normalize: expected a last axis of fixed extent, got ${width}`);
  return mul(rmsNorm(x, 1e-12 / width), 1 / Math.sqrt(width));
}

export const instanceNorm = (x: Tensor, epsilon: number): Tensor => apply("InstanceNorm", [x], { epsilon });

/** Two-dimensional convolution; pads are top, left, bottom, right. */
export function conv(
  x: Tensor,
  w: Tensor,
  bias: Tensor | undefined,
  { strides = [1, 1], pads = [0, 0, 0, 0] }: Partial<ConvAttrs> = {},
): Tensor {
  return apply("Conv", bias === undefined ? [x, w] : [x, w, bias], { strides, pads });
}

export function convTranspose(
  x: Tensor,
  w: Tensor,
  bias: Tensor | undefined,
  { strides = [1, 1], pads = [0, 0, 0, 0], outputPadding = [0, 0] }: Partial<OpAttrs["ConvTranspose"]> = {},
): Tensor {
  return apply("ConvTranspose", bias === undefined ? [x, w] : [x, w, bias], { strides, pads, outputPadding });
}
