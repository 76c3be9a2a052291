import type { Random } from "../sampling/index.ts";
import { resampled } from "./bootstrap.ts";
import { type DoubleProduct, productTiles } from "./double-products.ts";

/**
 * Kernel Inception Distance (Bińkowski et al. 2018): the unbiased squared MMD under (x·y / dim + 1)³, over all pairs rather than
 * the mean over random subsets, whose expectation it shares with less noise. May be a little below zero. Replicates weight each
 * drawn row by how often it was drawn again; a row is never compared with itself.
 * @param real [n, dim] and `drawn` [m, dim], at least two rows each
 */
export async function kernelDistance(
  real: Float32Array,
  drawn: Float32Array,
  dim: number,
  product: DoubleProduct,
  random: Random,
  replicates = 0,
) {
  const [n, m] = [real.length / dim, drawn.length / dim];
  if (n < 2 || m < 2) throw new RangeError(`kid: expected at least two rows on each side, got ${n} and ${m}`);
  // The first row of weights is the set itself.
  const weights = new Float64Array((replicates + 1) * m).fill(1, 0, m);
  for (let r = 1; r <= replicates; r++) for (const i of resampled(m, random)) weights[r * m + i]!++;
  const ofReal = new Float64Array(n).fill(1);
  const withinReal = (await weightedSums(real, real, dim, product, ofReal, true))[0]! / (n * (n - 1));
  const withinDrawn = await weightedSums(drawn, drawn, dim, product, weights, true);
  const between = await weightedSums(real, drawn, dim, product, weights, false);
  const values = Float64Array.from({ length: replicates + 1 }, (_, r) => {
    let squares = 0;
    for (let i = 0; i < m; i++) squares += weights[r * m + i]! ** 2;
    return withinReal + withinDrawn[r]! / (m * m - squares) - (2 * between[r]!) / (n * m);
  });
  return { value: values[0]!, replicates: values.subarray(1) };
}

const cube = (x: number): number => x * x * x;

/**
 * For each row w of weights [count, m], the sum over pairs of the kernel times w[j], and times w[i] too within one set, pairs of a row with
 * itself left out.
 */
async function weightedSums(
  a: Float32Array,
  b: Float32Array,
  dim: number,
  product: DoubleProduct,
  weights: Float64Array,
  within: boolean,
): Promise<Float64Array> {
  const m = b.length / dim;
  const count = weights.length / m;
  const sums = new Float64Array(count);
  const columnsOf = (from: number, length: number): Float64Array => {
    const part = new Float64Array(count * length);
    for (let r = 0; r < count; r++) part.set(weights.subarray(r * m + from, r * m + from + length), r * length);
    return part;
  };
  for await (const { i0, j0, rows, columns, dots } of productTiles(a, b, dim, product, within)) {
    const kernel = dots.map((dot) => cube(dot / dim + 1));
    if (within && i0 === j0) for (let k = 0; k < rows; k++) kernel[k * columns + k] = 0;
    const first = within ? columnsOf(i0, rows) : new Float64Array(rows).fill(1);
    const lines = within ? count : 1;
    const half = await product(first, kernel, { rows: lines, inner: rows, columns });
    const second = columnsOf(j0, columns);
    const twice = within && i0 !== j0 ? 2 : 1;
    for (let r = 0; r < count; r++) {
      let sum = 0;
      const line = within ? r * columns : 0;
      for (let k = 0; k < columns; k++) sum += half[line + k]! * second[r * columns + k]!;
      sums[r]! += twice * sum;
    }
  }
  return sums;
}
