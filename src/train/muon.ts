/**
 * Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon): momentum whose update is brought near the closest orthogonal
 * matrix by a few Newton-Schulz iterations. For the hidden matrices; tables, heads, biases and norms stay with AdamW. The update's
 * root mean square is matched to AdamW's (Moonshot's rule, arXiv 2502.16982), so that one rate and one decay serve both.
 */
import { ops, type Tensor } from "../engine/index.ts";

const { add, div, matmul, mul, sqrt, sub, sum } = ops;

export interface MuonOptions {
  readonly momentum: number;
  /** Newton-Schulz iterations. */
  readonly iterations: number;
  readonly weightDecay: number;
}

/** Coefficients of the quintic that Muon iterates. */
const [A, B, C] = [3.4445, -4.775, 2.0315] as const;
/** Root mean square of AdamW's update that Muon's is brought to (arXiv 2502.16982, section 2.2). */
const ADAMW_RMS = 0.2;

/** A matrix [m, n] brought near the closest one with orthonormal rows or columns; m and n are numbers. */
export function orthogonalised(matrix: Tensor, iterations: number): Tensor {
  const [m, n] = matrix.shape as [number, number];
  const wide = m <= n;
  let x = div(matrix, add(sqrt(sum(mul(matrix, matrix))), 1e-7));
  for (let i = 0; i < iterations; i++) {
    // The smaller of the two products: x·xᵀ [m, m], or xᵀ·x [n, n].
    const gram = wide ? matmul(x, x, { transB: true }) : matmul(x, x, { transA: true });
    const inner = add(mul(gram, B), mul(matmul(gram, gram), C));
    x = add(mul(x, A), wide ? matmul(inner, x) : matmul(x, inner));
  }
  return x;
}

/** One matrix's update from its (clipped) gradient; `m` is the momentum. */
export function muonUpdate(
  param: Tensor,
  grad: Tensor,
  momentum: Tensor,
  lr: Tensor,
  { momentum: beta, iterations, weightDecay }: MuonOptions,
): { readonly param: Tensor; readonly m: Tensor } {
  const [rows, columns] = param.shape as [number, number];
  const m = add(mul(momentum, beta), grad);
  const nesterov = add(grad, mul(m, beta));
  const scale = ADAMW_RMS * Math.sqrt(Math.max(rows, columns));
  const step = mul(orthogonalised(nesterov, iterations), mul(lr, scale));
  const kept = weightDecay > 0 ? mul(param, sub(1, mul(lr, weightDecay))) : param;
  return { param: sub(kept, step), m };
}
