import type { Shape } from "../dims.ts";
import type { DType } from "../dtype.ts";

type None = Record<never, never>;
type Axis = { readonly axis: number };
type Reduce = { readonly axes: readonly number[] };
export type ConvAttrs = {
  readonly strides: readonly [number, number];
  /** top, left, bottom, right, as ONNX orders them. */
  readonly pads: readonly [number, number, number, number];
};

/** Every operation's attributes. The keys are ONNX operator names (or our name where an entry's record says so). */
export interface OpAttrs {
  Neg: None;
  Exp: None;
  Log: None;
  Sqrt: None;
  Reciprocal: None;
  Tanh: None;
  Sigmoid: None;
  Relu: None;
  Abs: None;
  Sign: None;
  Sin: None;
  Cos: None;
  Not: None;
  LeakyRelu: { readonly alpha: number };
  /** tanh form of GELU. */
  Gelu: None;
  StopGradient: None;
  Add: None;
  Sub: None;
  Mul: None;
  Div: None;
  Min: None;
  Max: None;
  Equal: None;
  Less: None;
  Greater: None;
  And: None;
  Where: None;
  Cast: { readonly to: DType };
  /** The number of elements of `shape`, as a float32 scalar; no inputs. */
  Extent: { readonly shape: Shape };
  ReduceSum: Reduce;
  ReduceMean: Reduce;
  ArgMax: Axis;
  Reshape: { readonly shape: Shape };
  Transpose: { readonly perm: readonly number[] };
  Expand: { readonly shape: Shape };
  Concat: Axis;
  Slice: { readonly axis: number; readonly start: number; readonly end: number; readonly step: number };
  /** Zero padding: [begin, end] for each axis. */
  Pad: { readonly pads: readonly (readonly [number, number])[] };
  Gather: Axis;
  GatherElements: Axis;
  /** zeros of `shape` plus `updates` added at rows `indices` of axis 0 (ScatterND with reduction "add"). */
  ScatterRows: { readonly rows: number };
  /** zeros like `shape` along the axis of extent `size`, `updates` added at `indices` (GatherElements' gradient). */
  ScatterElements: { readonly axis: number; readonly size: number };
  MatMul: { readonly transA: boolean; readonly transB: boolean; readonly alpha: number };
  /**
   * Our name: a product with int8 weights, the rows of the other factor rounded to `digits` digits of eight bits. `zero`: the byte that stands
   * for zero, 128 in the middle; 32 leaves most bytes to positive numbers.
   */
  QuantizedMatMul: { readonly digits: 1 | 2; readonly zero: 128 | 32 };
  Softmax: None;
  LogSoftmax: None;
  LayerNorm: { readonly epsilon: number };
  RmsNorm: { readonly epsilon: number };
  InstanceNorm: { readonly epsilon: number };
  Conv: ConvAttrs;
  ConvTranspose: ConvAttrs & { readonly outputPadding: readonly [number, number] };
}

export type OpName = keyof OpAttrs;
