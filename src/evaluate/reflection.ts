/** Below and above, squares lose digits or end. */
const [LEAST_SQUARE, MOST_SQUARE] = [1e-280, 1e280];

/**
 * The reflection 1 − τ v vᵀ that turns the first `length` numbers of x into β e₁ (Golub and Van Loan, 5.1); v[0] = 1, and τ = 0 where x is
 * there already.
 */
export function reflect(x: Float64Array, length: number, v: Float64Array): { beta: number; tau: number } {
  const alpha = x[0]!;
  let rest = 0;
  for (let i = 1; i < length; i++) rest += x[i]! * x[i]!;
  let norm = Math.sqrt(alpha * alpha + rest);
  v[0] = 1;
  if (!(rest > LEAST_SQUARE && norm * norm < MOST_SQUARE)) {
    let scale = 0;
    for (let i = 1; i < length; i++) scale = Math.max(scale, Math.abs(x[i]!));
    if (scale === 0) {
      v.fill(0, 1, length);
      return { beta: alpha, tau: 0 };
    }
    scale = Math.max(scale, Math.abs(alpha));
    let square = 0;
    for (let i = 0; i < length; i++) square += (x[i]! / scale) ** 2;
    norm = scale * Math.sqrt(square);
  }
  const beta = alpha > 0 ? -norm : norm;
  const below = alpha - beta;
  for (let i = 1; i < length; i++) v[i] = x[i]! / below;
  return { beta, tau: (beta - alpha) / beta };
}
