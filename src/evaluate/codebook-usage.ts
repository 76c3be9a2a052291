export interface CodebookUsage {
  /** Share of the codes that occur at all. */
  readonly used: number;
  /** exp of the entropy of the codes' frequencies: how many equally frequent codes would be as varied. */
  readonly perplexity: number;
}

/** How tokens spread over a codebook of `size` codes. @throws RangeError for no tokens or ids outside */
export function codebookUsage(tokens: Int32Array, size: number): CodebookUsage {
  if (tokens.length === 0) throw new RangeError("codebookUsage: expected tokens, got none");
  const counts = new Float64Array(size);
  for (const id of tokens) {
    if (id < 0 || id >= size) throw new RangeError(`codebookUsage: expected ids from 0 to ${size - 1}, got ${id}`);
    counts[id]!++;
  }
  const entropy = counts.reduce((sum, count) => {
    const share = count / tokens.length;
    return count === 0 ? sum : sum - share * Math.log(share);
  }, 0);
  return { used: counts.filter((count) => count > 0).length / size, perplexity: Math.exp(entropy) };
}
