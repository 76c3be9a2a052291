import { type Dim, evaluateDim } from "./dims.ts";
import type { OpAttrs, OpName } from "./ops/attrs.ts";
import type { Program } from "./program.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Floating-point operations of a program's products: 2·m·n·k of every MatMul, Conv and ConvTranspose, under an
 * assignment of its symbolic dimensions. Element-wise work is not counted; `only` restricts the count to some operations.
 */
export function countFlops(
  p: Program,
  symbols: Readonly<Record<string, number>>,
  only: readonly OpName[] = ["MatMul", "Conv", "ConvTranspose"],
): number {
  const value = (d: Dim | undefined): number => evaluateDim(d ?? 1, symbols);
  const elements = (t: Tensor): number => t.shape.reduce((n: number, d) => n * value(d), 1);
  let flops = 0;
  for (const t of p.order) {
    if (t.op === undefined || !only.includes(t.op)) continue;
    if (t.op === "MatMul") {
      const { transA } = t.attrs as OpAttrs["MatMul"];
      const a = t.inputs[0]!;
      flops += 2 * elements(t) * value(transA ? a.shape.at(-2) : a.shape.at(-1));
    } else if (t.op === "Conv" || t.op === "ConvTranspose") {
      const w = t.inputs[1]!;
      const moved = t.op === "Conv" ? t : t.inputs[0]!;
      flops += 2 * elements(moved) * value(w.shape[1]) * value(w.shape[2]) * value(w.shape[3]);
    }
  }
  return flops;
}
