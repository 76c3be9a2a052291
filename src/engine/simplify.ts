/** Rewrites made while tracing, so that gradients hold no needless nodes. Each keeps the value but for a zero's sign. */
import { broadcastShapes, sameShape } from "./dims.ts";
import { dataOf } from "./dtype.ts";
import type { OpName } from "./ops/attrs.ts";
import { constant, type Tensor } from "./tensor.ts";

/** The number in a float32 constant of one element. */
export function knownNumber(x: Tensor): number | undefined {
  return x.kind === "constant" && x.dtype === "float32" && x.data!.length === 1 ? Number(x.data![0]) : undefined;
}

const arithmetic: { readonly [K in OpName]?: (a: number, b: number) => number } = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
};

/** What a binary operation on float32 tensors is without a node: two known numbers, or a neutral operand. */
export function withoutNode(op: OpName, a: Tensor, b: Tensor): Tensor | undefined {
  if (a.dtype !== "float32" || b.dtype !== "float32") return undefined;
  const [left, right] = [knownNumber(a), knownNumber(b)];
  const compute = arithmetic[op];
  if (compute !== undefined && left !== undefined && right !== undefined)
    return constant(dataOf([compute(left, right)], "float32"), broadcastShapes(op, a.shape, b.shape) as number[]);
  const neutral = op === "Add" || op === "Sub" ? 0 : op === "Mul" || op === "Div" ? 1 : undefined;
  if (neutral === undefined) return undefined;
  if (right === neutral && b.shape.length <= a.shape.length) return a;
  const commutes = op === "Add" || op === "Mul";
  return commutes && left === neutral && a.shape.length <= b.shape.length ? b : undefined;
}

/** The operand itself, or what it was stretched from where the other operand stretches it as well. */
export function unstretched(x: Tensor, other: Tensor): Tensor {
  return x.op === "Expand" && other.op !== "Expand" && sameShape(x.shape, other.shape) ? x.inputs[0]! : x;
}
