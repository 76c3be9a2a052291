import { describe, expect, test } from "vitest";
import { createRandom } from "../sampling/index.ts";
import { pivotedCholesky } from "./cholesky.ts";
import { doubleProducts } from "./double-products.ts";
import { symmetricEigenvalues } from "./eigenvalues.ts";

const product = await doubleProducts(1);

/** Q diag(values) Qᵀ with Q a product of three random reflections. */
function withSpectrum(values: readonly number[], seed: number): Float64Array {
  const n = values.length;
  const random = createRandom(seed);
  const matrix = new Float64Array(n * n);
  values.forEach((value, i) => {
    matrix[i * n + i] = value;
  });
  for (let turn = 0; turn < 3; turn++) {
    const v = Float64Array.from({ length: n }, () => random.normal());
    const square = v.reduce((sum, x) => sum + x * x, 0);
    // (1 − 2vvᵀ/|v|²) M (1 − 2vvᵀ/|v|²) = M − v pᵀ − p vᵀ, with w = 2Mv/|v|² and p = w − (wᵀv/|v|²) v.
    const w = v.map((_, i) => v.reduce((sum, x, k) => sum + matrix[i * n + k]! * x, 0) * (2 / square));
    const part = w.reduce((sum, x, i) => sum + x * v[i]!, 0) / square;
    const p = w.map((x, i) => x - part * v[i]!);
    for (let i = 0; i < n; i++) for (let k = 0; k < n; k++) matrix[i * n + k]! -= v[i]! * p[k]! + p[i]! * v[k]!;
  }
  return matrix;
}

describe("symmetricEigenvalues", () => {
  test.each([1, 2, 3, 16, 17, 18, 19, 34, 97, 145, 146, 300])(
    "finds a known spectrum of %i, repeated, tiny, zero and negative",
    async (n) => {
      const values = Array.from({ length: n }, (_, i) => [i + 1, 7, 1e-9 * i, 0, -i / 3][i % 5]!);
      const found = await symmetricEigenvalues(withSpectrum(values, n), n, product);
      const most = Math.max(...values.map(Math.abs));
      const wanted = values.sort((a, b) => a - b);
      expect(Math.max(...wanted.map((value, i) => Math.abs(value - found[i]!)))).toBeLessThan(
        1e-14 * n * most + 1e-300,
      );
    },
  );

  test("of matrices of low rank, their rounding errors graded, are found", async () => {
    for (let seed = 0; seed < 40; seed++) {
      const random = createRandom(seed, "rank");
      const n = 20 + random.int(120);
      const rank = 1 + random.int(n - 1);
      const rows = Float64Array.from({ length: rank * n }, (_, i) => random.normal() / (1 + Math.floor(i / n)) ** 2);
      const matrix = await product(rows, rows, { rows: n, inner: rank, columns: n, transA: true });
      const found = await symmetricEigenvalues(matrix, n, product);
      const small = await symmetricEigenvalues(
        await product(rows, rows, { rows: rank, inner: n, columns: rank, transB: true }),
        rank,
        product,
      );
      const most = small.at(-1)!;
      expect(Math.max(...found.subarray(0, n - rank).map(Math.abs))).toBeLessThan(1e-14 * n * most);
      for (let i = 0; i < rank; i++) expect(Math.abs(found[n - rank + i]! - small[i]!)).toBeLessThan(1e-14 * n * most);
    }
  });

  test("of a diagonal, a zero and a tiny matrix are what stands there", async () => {
    const n = 100;
    const matrix = new Float64Array(n * n);
    expect(await symmetricEigenvalues(matrix, n, product)).toEqual(new Float64Array(n));
    for (let i = 0; i < n; i++) matrix[i * n + i] = n - i;
    expect(await symmetricEigenvalues(matrix, n, product)).toEqual(Float64Array.from({ length: n }, (_, i) => i + 1));
    matrix.fill(0);
    for (let i = 1; i < n; i += 2) matrix[i * n + i - 1] = matrix[(i - 1) * n + i] = 1e-200;
    expect(await symmetricEigenvalues(matrix, n, product)).toEqual(
      Float64Array.from({ length: n }, (_, i) => (i < n / 2 ? -1e-200 : 1e-200)),
    );
  });
});

describe("pivotedCholesky", () => {
  test.each([
    [20, 20],
    [130, 64],
    [130, 65],
    [300, 170],
    [300, 300],
  ])("of a matrix of side %i and rank %i has that rank and gives the matrix back", async (n, rank) => {
    const values = Array.from({ length: n }, (_, i) => (i < rank ? 1 + i * i : 0));
    const matrix = withSpectrum(values, n + rank);
    const { factor, rank: found } = await pivotedCholesky(matrix, n, product);
    expect(found).toBe(rank);
    const back = await product(factor, factor, { rows: n, inner: found, columns: n, transA: true });
    expect(Math.max(...back.map((value, i) => Math.abs(value - matrix[i]!)))).toBeLessThan(1e-13 * n * rank ** 2);
  });

  test("of a zero matrix is empty", async () => {
    expect(await pivotedCholesky(new Float64Array(9), 3, product)).toEqual({ factor: new Float64Array(0), rank: 0 });
  });
});
