import { addDims, compileDim, type Dim, mulDims, type Symbols, sizeOf } from "./dims.ts";
import type { OpAttrs, OpName } from "./ops/attrs.ts";
import type { Program } from "./program.ts";
import type { Tensor } from "./tensor.ts";

const PRODUCTS: readonly OpName[] = ["MatMul", "QuantizedMatMul", "Conv", "ConvTranspose"];

/**
 * Floating-point operations of a program's products: 2·m·n·k of every MatMul, QuantizedMatMul (its digits count once), Conv and ConvTranspose, as a function of its
 * symbolic dimensions. Element-wise work is not counted; `only` restricts the count to some operations.
 */
export function flopsFormula(p: Program, only: readonly OpName[] = PRODUCTS): (symbols: Symbols) => number {
  let flops: Dim = 0;
  for (const t of p.order)
    if (t.op !== undefined && only.includes(t.op)) flops = addDims(flops, mulDims(2, productsOf(t)));
  return compileDim(flops);
}

/** {@link flopsFormula} under one assignment of the symbolic dimensions. */
export const countFlops = (p: Program, symbols: Symbols, only: readonly OpName[] = PRODUCTS): number =>
  flopsFormula(p, only)(symbols);

function productsOf(t: Tensor): Dim {
  if (t.op === "MatMul") {
    const { transA } = t.attrs as OpAttrs["MatMul"];
    const a = t.inputs[0]!;
    return mulDims(sizeOf(t.shape), (transA ? a.shape.at(-2) : a.shape.at(-1)) ?? 1);
  }
  if (t.op === "QuantizedMatMul") return mulDims(sizeOf(t.shape), t.inputs[0]!.shape.at(-1)!);
  if (t.op !== "Conv" && t.op !== "ConvTranspose") return 0;
  const moved = t.op === "Conv" ? t : t.inputs[0]!;
  return sizeOf([...moved.shape, ...t.inputs[1]!.shape.slice(1)]);
}
