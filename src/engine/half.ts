/** Half precision as a pass over a traced program: products and what only moves numbers in float16, float32 where numbers need it. */
import { apply } from "./apply.ts";
import type { OpName } from "./ops/attrs.ts";
import { isFloat } from "./ops/def.ts";
import { type Program, program } from "./program.ts";
import { input, param, type Tensor } from "./tensor.ts";

/** Operations whose work float16 halves. */
const PRODUCTS: ReadonlySet<OpName> = new Set(["MatMul", "Conv", "ConvTranspose"]);

/** Operations that move numbers, and those of one operand that float16 is enough for: their result has the type of their first operand. */
const FOLLOWING: ReadonlySet<OpName> = new Set([
  "Reshape",
  "Transpose",
  "Expand",
  "Slice",
  "Pad",
  "Gather",
  "GatherElements",
  "StopGradient",
  "Gelu",
]);

/** Operations through which a product's rounding goes on unchanged. */
const TRANSPARENT: ReadonlySet<OpName> = new Set([
  "Add",
  "Sub",
  "Mul",
  "Div",
  "Reshape",
  "Transpose",
  "Slice",
  "Concat",
]);

export interface HalfOptions {
  /** Inputs that are given, and outputs that are wanted, in float16; the others stay float32. */
  readonly half: (name: string) => boolean;
  /** Outputs that no rounding of a result to float16 may touch: the products before them stay in float32, and so do those before every softmax. */
  readonly exact: (name: string) => boolean;
}

/**
 * The same program in half precision. Weights of products become float16 parameters, their factors are rounded to float16 and their results held in it;
 * norms, softmax, sums of residual branches, modulation, and the products before exact outputs and softmaxes stay in float32.
 */
export function toHalf(p: Program, { half, exact }: HalfOptions): Program {
  const fixed = fixedTensors(p);
  const kept = exactProducts(p, exact);
  const isHalfProduct = (t: Tensor): boolean =>
    t.op !== undefined && PRODUCTS.has(t.op) && t.dtype === "float32" && !kept.has(t) && !fixed.has(t);
  const weights = halfWeights(p, isHalfProduct);
  const made = new Map<Tensor, Tensor>();
  const cast = caster();
  for (const t of p.order) made.set(t, rebuilt(t));
  const outputs = Object.entries(p.outputs).map(([name, t]): [string, Tensor] => {
    const y = made.get(t)!;
    return [name, isFloat(y) ? cast(y, half(name) ? "float16" : "float32") : y];
  });
  return program(p.name, Object.fromEntries(outputs));

  function rebuilt(t: Tensor): Tensor {
    if (t.kind === "param") return weights.has(t) ? param(t.name!, t.shape as readonly number[], "float16") : t;
    if (t.kind === "input") return t.dtype === "float32" && half(t.name!) ? input(t.name!, "float16", t.shape) : t;
    if (t.op === undefined) return t;
    const inputs = t.inputs.map((one) => made.get(one)!);
    const of = (dtype: "float16" | "float32"): Tensor =>
      apply(
        t.op!,
        inputs.map((one) => (isFloat(one) ? cast(one, dtype) : one)),
        t.attrs!,
      );
    if (isHalfProduct(t)) return of("float16");
    const halves = inputs.map(({ dtype }) => dtype === "float16");
    if (FOLLOWING.has(t.op)) return of(halves[0] ? "float16" : "float32");
    // Keys and values join those of before as they are kept.
    if (t.op === "Concat") return of(halves.includes(true) ? "float16" : "float32");
    // A bias joins its product; sums with anything else are of float32.
    const isBiased = t.op === "Add" && t.inputs.every((one, i) => halves[i] || fixed.has(one)) && halves.includes(true);
    return of(isBiased ? "float16" : "float32");
  }
}

/** Casts, each tensor to each type once. */
function caster(): (x: Tensor, to: "float16" | "float32") => Tensor {
  const made = { float16: new Map<Tensor, Tensor>(), float32: new Map<Tensor, Tensor>() };
  return (x, to) => {
    if (x.dtype === to) return x;
    const known = made[to].get(x) ?? apply("Cast", [x], { to });
    made[to].set(x, known);
    return known;
  };
}

/** Tensors that depend on parameters and constants alone: computed once, when a session opens. */
function fixedTensors(p: Program): ReadonlySet<Tensor> {
  const fixed = new Set<Tensor>();
  for (const t of p.order)
    if (
      t.kind === "param" ||
      t.kind === "constant" ||
      (t.kind === "node" && t.inputs.length > 0 && t.inputs.every((one) => fixed.has(one)))
    )
      fixed.add(t);
  return fixed;
}

/** Products whose results reach an exact output or a softmax unrounded. */
function exactProducts(p: Program, exact: (name: string) => boolean): ReadonlySet<Tensor> {
  const roots = Object.entries(p.outputs).flatMap(([name, t]) => (exact(name) ? [t] : []));
  for (const t of p.order) if (t.op === "Softmax" || t.op === "ArgMax") roots.push(t.inputs[0]!);
  const found = new Set<Tensor>();
  const pending = [...roots];
  for (let t = pending.pop(); t !== undefined; t = pending.pop()) {
    if (t.op === undefined || found.has(t)) continue;
    if (PRODUCTS.has(t.op)) found.add(t);
    else if (TRANSPARENT.has(t.op)) pending.push(...t.inputs);
  }
  return found;
}

/** Parameters that are read by products in float16 alone, at most reshaped or transposed before. */
function halfWeights(p: Program, isHalfProduct: (t: Tensor) => boolean): ReadonlySet<Tensor> {
  const users = new Map<Tensor, Tensor[]>();
  for (const t of p.order) for (const one of t.inputs) users.set(one, [...(users.get(one) ?? []), t]);
  const outputs = new Set(Object.values(p.outputs));
  const onlyHalf = (t: Tensor): boolean => {
    const readers = users.get(t) ?? [];
    return (
      !outputs.has(t) &&
      readers.length > 0 &&
      readers.every(
        (user) => isMatrixOf(user, t) || ((user.op === "Reshape" || user.op === "Transpose") && onlyHalf(user)),
      )
    );
  };
  const isMatrixOf = (user: Tensor, t: Tensor): boolean => isHalfProduct(user) && user.inputs.indexOf(t) < 2;
  return new Set(p.params.filter((t) => t.dtype === "float32" && onlyHalf(t)));
}
