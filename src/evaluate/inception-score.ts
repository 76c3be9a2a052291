/**
 * Inception Score (Salimans et al. 2016): exp of the mean KL divergence of p(y|x) from p(y), over `splits` consecutive
 * parts of equal size as the original code cuts them; mean and standard deviation (population) over the parts.
 * @param logits [n, classes]
 */
export function inceptionScore(
  logits: Float32Array,
  classes: number,
  splits = 10,
): { readonly mean: number; readonly deviation: number } {
  const n = logits.length / classes;
  if (!Number.isInteger(n) || n < splits)
    throw new RangeError(
      `inceptionScore: expected at least ${splits} whole rows of ${classes}, got ${logits.length} numbers`,
    );
  const scores = Array.from({ length: splits }, (_, part) => {
    const begin = Math.floor((part * n) / splits);
    const end = Math.floor(((part + 1) * n) / splits);
    const marginal = new Float64Array(classes);
    let negativeEntropy = 0;
    for (let i = begin; i < end; i++) {
      const p = softmaxRow(logits.subarray(i * classes, (i + 1) * classes));
      for (let k = 0; k < classes; k++) {
        marginal[k]! += p[k]! / (end - begin);
        if (p[k]! > 0) negativeEntropy += (p[k]! * Math.log(p[k]!)) / (end - begin);
      }
    }
    return Math.exp(negativeEntropy - marginal.reduce((sum, m) => sum + (m > 0 ? m * Math.log(m) : 0), 0));
  });
  const mean = scores.reduce((a, b) => a + b, 0) / splits;
  const deviation = Math.sqrt(scores.reduce((sum, s) => sum + (s - mean) ** 2, 0) / splits);
  return { mean, deviation };
}

function softmaxRow(row: Float32Array): Float64Array {
  const most = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const p = Float64Array.from(row, (value) => Math.exp(value - most));
  const total = p.reduce((a, b) => a + b, 0);
  return p.map((value) => value / total);
}
