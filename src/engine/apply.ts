import type { OpAttrs, OpName } from "./ops/attrs.ts";
import { opDef } from "./ops/table.ts";
import { currentOrigin, type Tensor } from "./tensor.ts";

/** Builds a node: checks the number of inputs and infers dtype and shape by the operation's record. */
export function apply<K extends OpName>(op: K, inputs: readonly Tensor[], attrs: OpAttrs[K]): Tensor {
  const def = opDef(op);
  const [least, most] = typeof def.arity === "number" ? [def.arity, def.arity] : def.arity;
  if (inputs.length < least || inputs.length > most)
    throw new Error(`${op}: expected ${least === most ? least : `${least}..${most}`} inputs, got ${inputs.length}`);
  const origin = currentOrigin();
  try {
    const { dtype, shape } = def.infer(inputs, attrs);
    return { kind: "node", op, inputs, attrs, dtype, shape, origin };
  } catch (error) {
    if (origin === "" || !(error instanceof Error)) throw error;
    throw new Error(`${origin}: ${error.message}`, { cause: error });
  }
}
