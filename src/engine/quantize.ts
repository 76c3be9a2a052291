/** Products with parameters in integers: a traced program rewritten, so that models stay as they are. */
import { apply } from "./apply.ts";
import { quantizedMatmul } from "./functions.ts";
import type { OpAttrs } from "./ops/attrs.ts";
import { type Program, program } from "./program.ts";
import { param, scope, type Tensor } from "./tensor.ts";

/** What stands for a parameter [N, K] in integers. */
export interface QuantizedParam {
  /** Name of the int8 parameter [K, N], as products read it. */
  readonly weight: string;
  /** Name of the float32 parameter [N]. */
  readonly scale: string;
  /** Digits of eight bits in which the rows of the other factor are written. */
  readonly digits: 1 | 2;
}

/** The name of the parameter W where a tensor is x · Wᵀ. */
function weightOf(t: Tensor): string | undefined {
  if (t.op !== "MatMul") return undefined;
  const { transA, transB, alpha } = t.attrs as OpAttrs["MatMul"];
  const w = t.inputs[1]!;
  return !transA && transB && alpha === 1 && w.kind === "param" && w.shape.length === 2 ? w.name : undefined;
}

/** Products x · Wᵀ with parameters of a program: the parameter's name and x, in order. */
export const productsWith = (p: Program): { readonly name: string; readonly x: Tensor }[] =>
  p.order.flatMap((t) => {
    const name = weightOf(t);
    return name === undefined ? [] : [{ name, x: t.inputs[0]! }];
  });

/** The program with products x · Wᵀ in integers for every parameter W that `quantized` gives something for. */
export function quantizeProducts(p: Program, quantized: (name: string) => QuantizedParam | undefined): Program {
  const params = new Map<string, readonly [weight: Tensor, scale: Tensor]>();
  const paramsOf = (w: Tensor, by: QuantizedParam): readonly [Tensor, Tensor] => {
    const [N, K] = w.shape as readonly [number, number];
    const made = params.get(w.name!) ?? [param(by.weight, [K, N], "int8"), param(by.scale, [N])];
    params.set(w.name!, made);
    return made;
  };
  const rebuilt = new Map<Tensor, Tensor>();
  for (const t of p.order) {
    const inputs = t.inputs.map((input) => rebuilt.get(input)!);
    const name = weightOf(t);
    const by = name === undefined ? undefined : quantized(name);
    const same = inputs.every((input, i) => input === t.inputs[i]);
    const rebuild = (): Tensor => {
      if (by !== undefined) {
        // GELU gives −0.17 at least.
        const zero = inputs[0]!.op === "Gelu" ? 32 : 128;
        return quantizedMatmul(inputs[0]!, ...paramsOf(t.inputs[1]!, by), { digits: by.digits, zero });
      }
      return same ? t : apply(t.op!, inputs, t.attrs!);
    };
    rebuilt.set(t, scope(t.origin, rebuild));
  }
  const outputs = Object.entries(p.outputs).map(([name, t]) => [name, rebuilt.get(t)!] as const);
  return program(p.name, Object.fromEntries(outputs));
}
