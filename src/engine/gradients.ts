import * as functions from "./all-functions.ts";
import { opDef } from "./ops/table.ts";
import { scalar, scope, type Tensor, topologicalOrder } from "./tensor.ts";

/**
 * Reverse-mode gradients of a rank-0 loss, as more graph of the same kind.
 * Throws where the loss is not a float32 scalar or a needed operation has no gradient; a tensor the loss does not
 * depend on gets zeros of its shape.
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (loss.dtype !== "float32" || loss.shape.length !== 0)
    throw new Error(`gradients: expected a float32 scalar loss, got ${loss.dtype}[${loss.shape.join(", ")}]`);
  const order = topologicalOrder([loss]);
  const depends = new Set<Tensor>(wrt);
  for (const t of order) if (t.inputs.some((input) => depends.has(input))) depends.add(t);

  const gradOf = new Map<Tensor, Tensor>([[loss, scalar(1)]]);
  for (const t of order.reverse()) {
    const grad = gradOf.get(t);
    if (grad === undefined || t.op === undefined || !t.inputs.some((input) => depends.has(input))) continue;
    const { grad: rule } = opDef(t.op);
    if (rule === null) {
      if (t.dtype !== "float32") continue;
      throw new Error(`gradients: expected a differentiable operation, got ${t.op} at ${t.origin || "the top"}`);
    }
    const parts = scope(`grad(${t.origin})`, () =>
      rule(functions, { inputs: t.inputs, attrs: t.attrs!, output: t, grad }),
    );
    t.inputs.forEach((input, i) => {
      const part = parts[i];
      if (part === undefined || !depends.has(input)) return;
      const before = gradOf.get(input);
      gradOf.set(input, before === undefined ? part : functions.add(before, part));
    });
  }
  return wrt.map((t) => gradOf.get(t) ?? functions.expand(scalar(0), t.shape));
}
