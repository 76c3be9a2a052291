import { addDims, type Dim, type Shape } from "./dims.ts";
import { type ConstantData, type DType, dataOf, dtypeOfData } from "./dtype.ts";
import type { OpAttrs, OpName } from "./ops/attrs.ts";

/**
 * A value in a traced graph: an operation's only output, a graph input, a parameter or a constant. Immutable; building
 * tensors computes nothing. The graph is what can be reached through `inputs`.
 */
export interface Tensor {
  readonly kind: "node" | "input" | "param" | "constant";
  readonly dtype: DType;
  readonly shape: Shape;
  /** Where it was traced: the `scope` names joined by dots; for errors and the text form. */
  readonly origin: string;
  /** Inputs and parameters: the name the caller binds. */
  readonly name?: string;
  readonly data?: ConstantData;
  readonly op?: OpName;
  readonly inputs: readonly Tensor[];
  readonly attrs?: OpAttrs[OpName];
}

const NO_INPUTS: readonly Tensor[] = [];

/** The tracing context: names of the enclosing `scope` calls. Tracing is synchronous, so it is never shared. */
const scopes: string[] = [];

/** Runs `trace`, recording `name` as the origin of every tensor it builds. */
export function scope<T>(name: string, trace: () => T): T {
  scopes.push(name);
  try {
    return trace();
  } finally {
    scopes.pop();
  }
}

export function currentOrigin(): string {
  return scopes.join(".");
}

/** A value given at each run. Its dimensions may be written in any order of terms ("p+l"). */
export function input(name: string, dtype: DType, declared: Shape): Tensor {
  const shape = declared.map((d) => addDims(d, 0));
  return { kind: "input", dtype, shape, origin: currentOrigin(), name, inputs: NO_INPUTS };
}

/** A value that outlives runs: bound to weights when a session opens, or fed back by a training loop. */
export function param(name: string, shape: readonly number[], dtype: DType = "float32"): Tensor {
  return { kind: "param", dtype, shape, origin: currentOrigin(), name, inputs: NO_INPUTS };
}

/** A value stored in the graph. */
export function constant(data: ConstantData, shape: readonly number[]): Tensor {
  const size = shape.reduce((n, d) => n * d, 1);
  if (data.length !== size)
    throw new Error(`constant: expected ${size} values for shape [${shape.join(", ")}], got ${data.length}`);
  return { kind: "constant", dtype: dtypeOfData(data), shape, origin: currentOrigin(), data, inputs: NO_INPUTS };
}

/** A rank-0 constant. */
export function scalar(value: number, dtype: DType = "float32"): Tensor {
  return constant(dataOf([value], dtype), []);
}

/** Dimension `axis` of a tensor, negative axes from the end. */
export function dim(x: Tensor, axis: number): Dim {
  const d = x.shape[axis < 0 ? axis + x.shape.length : axis];
  if (d === undefined) throw new Error(`dim: expected an axis of [${x.shape.join(", ")}], got ${axis}`);
  return d;
}

/** Every tensor that `outputs` depend on, inputs before their users. */
export function topologicalOrder(outputs: readonly Tensor[]): Tensor[] {
  const order: Tensor[] = [];
  const seen = new Set<Tensor>();
  for (const root of outputs) {
    const stack: { tensor: Tensor; next: number }[] = [{ tensor: root, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      if (seen.has(top.tensor)) {
        stack.pop();
        continue;
      }
      const child = top.tensor.inputs[top.next++];
      if (child === undefined) {
        seen.add(top.tensor);
        order.push(top.tensor);
        stack.pop();
      } else if (!seen.has(child)) stack.push({ tensor: child, next: 0 });
    }
  }
  return order;
}
