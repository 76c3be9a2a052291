import type { Shape } from "../dims.ts";
import type { DType } from "../dtype.ts";
import type { Tensor } from "../tensor.ts";
import type { OpName } from "./attrs.ts";

/** The tensor functions; gradient rules receive them as an argument, so that records import no builders. */
export type Functions = typeof import("../all-functions.ts");

/** ONNX Runtime's execution providers that programs are written for. */
export type Provider = "cpu" | "wasm" | "webgpu" | "cuda" | "tensorrt" | "dml" | "coreml";

/**
 * Whether a provider has kernels for all that a program may be written in: contrib operators (FusedMatMul, FastGelu), LogSoftmax, Sign,
 * ConstantOfShape. The others get forms decomposed into operators that each of them has.
 */
export const hasEveryKernel = (provider: Provider): boolean =>
  provider === "cpu" || provider === "wasm" || provider === "cuda";

/**
 * Bits of a digit of a quantised row: a whole byte where sums of byte products are exact; 7 where a processor adds two of them in
 * sixteen bits.
 */
export type DigitBits = 7 | 8;

/** What an operation's emission may use; implemented by the ONNX writer. */
export interface Emitter {
  readonly provider: Provider;
  readonly digitBits: DigitBits;
  /** ONNX value names of the node's inputs. */
  readonly inputs: readonly string[];
  /** ONNX value name that the node must produce. */
  readonly output: string;
  node(
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    domain?: string,
  ): void;
  /** A fresh value name. */
  temp(): string;
  /** Name of an int64 vector constant. */
  ints(values: readonly number[]): string;
  /** Name of a float vector constant filled with one value, or of a scalar when `length` is null. */
  floats(value: number, length: number | null): string;
  /** Name of a uint8 scalar constant. */
  byte(value: number): string;
  /** Name of an int64 vector holding the dimensions of `shape` at run time. */
  shape(shape: Shape): string;
}

export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly zeroTensor: DType };

export interface GradContext<A> {
  readonly inputs: readonly Tensor[];
  readonly attrs: A;
  readonly output: Tensor;
  /** Gradient of the loss with respect to the output; same shape. */
  readonly grad: Tensor;
}

/** One operation: what it accepts and gives, its gradient as more graph, and its ONNX form. */
export interface OpDef<A> {
  /** Number of inputs: exact, or [least, most]. */
  readonly arity: number | readonly [number, number];
  infer(inputs: readonly Tensor[], attrs: A): { dtype: DType; shape: Shape };
  /** One gradient per input (undefined: none flows). Null: the operation is not differentiable. */
  readonly grad: ((f: Functions, context: GradContext<A>) => readonly (Tensor | undefined)[]) | null;
  emit(emitter: Emitter, attrs: A, inputs: readonly Tensor[]): void;
}

/** Emission of an operation that is one ONNX node of the same arity, with attributes computed from ours. */
export function direct<A>(
  opType: string,
  attributes: (attrs: A) => Record<string, OnnxAttribute> = () => ({}),
): OpDef<A>["emit"] {
  return (emitter, attrs) => emitter.node(opType, emitter.inputs, [emitter.output], attributes(attrs));
}

/** The shape rule of an operation on one float32 tensor that keeps its shape. */
export const floatInput =
  (op: OpName) =>
  (inputs: readonly Tensor[]): Tensor =>
    inputs[0]!.dtype === "float32" ? inputs[0]! : fail(op, "a float32 tensor", inputs);

/** The shape rule of an operation on one float32 or float16 tensor that keeps type and shape. */
export const halfOrFloatInput =
  (op: OpName) =>
  (inputs: readonly Tensor[]): Tensor =>
    isFloat(inputs[0]!) ? inputs[0]! : fail(op, "a float32 or float16 tensor", inputs);

/** Whether networks compute in a tensor's type. */
export const isFloat = ({ dtype }: Tensor): boolean => dtype === "float32" || dtype === "float16";

/** Throws the uniform shape-rule error of an operation. */
export function fail(op: OpName, expected: string, inputs: readonly Tensor[]): never {
  const got = inputs.map((t) => `${t.dtype}[${t.shape.join(", ")}]`).join(", ");
  throw new Error(`${op}: expected ${expected}, got ${got || "nothing"}`);
}
