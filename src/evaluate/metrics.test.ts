import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRandom } from "../sampling/index.ts";
import { symmetricEigenvalues } from "./eigenvalues.ts";
import {
  bootstrapInterval,
  bootstrapMeans,
  codebookUsage,
  doubleProducts,
  frechetDistance,
  inceptionScore,
  kernelDistance,
  type Moments,
  momentsOf,
  percentileInterval,
  precisionRecall,
  psnr,
  readStatistics,
  resampled,
  ssim,
  writeStatistics,
} from "./index.ts";

const product = await doubleProducts(1);

function normals(seed: number, length: number, scale = 1, shift = 0): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => random.normal() * scale + shift);
}

const diagonal = (mean: readonly number[], variances: readonly number[]): Moments => {
  const dim = mean.length;
  const covariance = new Float64Array(dim * dim);
  variances.forEach((v, i) => {
    covariance[i * dim + i] = v;
  });
  return { count: undefined, dim, mean: Float64Array.from(mean), covariance };
};

/** The same Gaussian turned by the Householder reflection of a vector. */
function turned({ dim, mean, covariance, count }: Moments, v: Float64Array): Moments {
  const square = v.reduce((sum, x) => sum + x * x, 0);
  const h = (i: number, j: number): number => (i === j ? 1 : 0) - (2 * v[i]! * v[j]!) / square;
  const turn = (rows: (i: number, j: number) => number): Float64Array =>
    Float64Array.from({ length: dim * dim }, (_, at) => {
      const [i, j] = [Math.floor(at / dim), at % dim];
      let sum = 0;
      for (let k = 0; k < dim; k++) sum += h(i, k) * rows(k, j);
      return sum;
    });
  const half = turn((k, j) => covariance[k * dim + j]!);
  const whole = turn((k, j) => half[j * dim + k]!);
  const newMean = mean.map((_, i) => mean.reduce((sum, m, k) => sum + h(i, k) * m, 0));
  return { count, dim, mean: newMean, covariance: whole };
}

describe("frechetDistance", () => {
  test("equals the closed form of Gaussians whose covariances commute", async () => {
    const dim = 40;
    const a = Array.from({ length: dim }, (_, i) => 0.1 + i);
    const b = Array.from({ length: dim }, (_, i) => 3 + (i % 7));
    const v = Float64Array.from(normals(3, dim));
    const means = [Array.from(normals(4, dim)), Array.from(normals(5, dim))] as const;
    const expected = a.reduce(
      (sum, x, i) => sum + (Math.sqrt(x) - Math.sqrt(b[i]!)) ** 2 + (means[0][i]! - means[1][i]!) ** 2,
      0,
    );
    const got = await frechetDistance(turned(diagonal(means[0], a), v), turned(diagonal(means[1], b), v), product);
    expect(got).toBeCloseTo(expected, 9);
  });

  test("equals the closed form of 200 samples in 384 dimensions against their double", async () => {
    const [n, dim] = [200, 384];
    const rows = normals(6, n * dim);
    const doubled = rows.map((x) => 2 * x);
    const [a, b] = [await momentsOf(rows, dim, product), await momentsOf(doubled, dim, product)];
    // Σ₂ = 4 Σ₁ and μ₂ = 2 μ₁: the distance is |μ₁|² + tr Σ₁.
    let expected = 0;
    for (let i = 0; i < dim; i++) expected += a.mean[i]! ** 2 + a.covariance[i * dim + i]!;
    expect(Math.abs((await frechetDistance(a, b, product)) / expected - 1)).toBeLessThan(1e-6);
    expect(Math.abs(await frechetDistance(a, a, product)) / expected).toBeLessThan(1e-6);
  });

  test("equals the closed form where few rows repeat, against a covariance of full rank", async () => {
    const [dim, distinct] = [144, 47];
    const few = normals(3, distinct * dim);
    const rows = Float32Array.from({ length: 500 * dim }, (_, i) => few[i % few.length]!);
    const repeated = await momentsOf(rows, dim, product);
    // Beside 9 · 1 the trace of the root is 3 · tr Σ^½, and Σ has the spectrum of the rows' small Gram matrix.
    const centred = Float64Array.from(few, (x, i) => {
      const at = i % dim;
      return (x - repeated.mean[at]!) * Math.sqrt((Math.floor(i / dim) < 500 % distinct ? 11 : 10) / 499);
    });
    const gram = await product(centred, centred, { rows: distinct, inner: dim, columns: distinct, transB: true });
    const values = await symmetricEigenvalues(gram, distinct, product);
    const root = values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
    const trace = values.reduce((sum, value) => sum + value, 0);
    const square = repeated.mean.reduce((sum, m) => sum + m * m, 0);
    const expected = square + 9 * dim + trace - 6 * root;
    const plain = diagonal(Array(dim).fill(0), Array(dim).fill(9));
    for (const count of [200, 1000])
      expect(await frechetDistance({ ...plain, count }, repeated, product)).toBeCloseTo(expected, 4);
  });

  test("is the same number with one thread and with two", async () => {
    const [rows, dim] = [1500, 300];
    const sets = [normals(11, rows * dim, 2, 5), normals(12, rows * dim)] as const;
    const distances: number[] = [];
    for (const threads of [1, 2]) {
      const own = await doubleProducts(threads);
      const [a, b] = [await momentsOf(sets[0], dim, own), await momentsOf(sets[1], dim, own)];
      distances.push(await frechetDistance(a, b, own));
    }
    expect(distances[1]).toBe(distances[0]);
  });

  test("is 0 for identical sets of full rank, and refuses what is not finite", async () => {
    const a = await momentsOf(normals(7, 500 * 24, 3, 100), 24, product);
    expect(await frechetDistance(a, a, product)).toBeLessThan(1e-9);
    await expect(frechetDistance(a, diagonal([Number.NaN], [1]), product)).rejects.toThrow("one width, got 24 and 1");
    const broken = diagonal([Number.NaN], [1]);
    await expect(frechetDistance(broken, broken, product)).rejects.toThrow("finite statistics");
  });
});

test("moments do not lose digits far from zero", async () => {
  const { mean, covariance } = await momentsOf(Float64Array.of(1e8, 1e8 + 1, 1e8 + 2), 1, product);
  expect([mean[0], covariance[0]]).toEqual([1e8 + 1, 1]);
});

test("moments of more rows than one product takes, wider than one block, are those of sums", async () => {
  const [rows, dim] = [2500, 270];
  const data = normals(13, rows * dim, 1, 3);
  const { count, mean, covariance } = await momentsOf(data, dim, product);
  expect(count).toBe(rows);
  for (const [i, j] of [
    [0, 0],
    [3, 269],
    [269, 3],
    [255, 256],
    [100, 20],
  ] as const) {
    const of = (at: number) => Array.from({ length: rows }, (_, row) => data[row * dim + at]!);
    const [x, y] = [of(i), of(j)];
    const [mx, my] = [x, y].map((values) => values.reduce((sum, value) => sum + value, 0) / rows) as [number, number];
    const expected = x.reduce((sum, value, row) => sum + (value - mx) * (y[row]! - my), 0) / (rows - 1);
    expect(mean[i]).toBeCloseTo(mx, 12);
    expect(covariance[i * dim + j]).toBeCloseTo(expected, 12);
  }
});

test("precision and recall agree with brute force", async () => {
  const dim = 5;
  const [real, drawn] = [normals(8, 60 * dim), normals(9, 50 * dim, 0.8, 0.7)];
  const distance = (a: Float32Array, i: number, b: Float32Array, j: number): number =>
    Math.hypot(...Array.from({ length: dim }, (_, k) => a[i * dim + k]! - b[j * dim + k]!));
  const inside = (points: Float32Array, balls: Float32Array): number => {
    const [n, m] = [points.length / dim, balls.length / dim];
    const all = Array.from({ length: m }, (_, i) => i);
    const radii = all.map((i) => all.map((j) => distance(balls, i, balls, j)).sort((a, b) => a - b)[3]!);
    return (
      Array.from({ length: n }, (_, p) => all.some((i) => distance(points, p, balls, i) <= radii[i]!)).filter(Boolean)
        .length / n
    );
  };
  const got = await precisionRecall(real, drawn, dim, product);
  expect([got.precision, got.recall]).toEqual([inside(drawn, real), inside(real, drawn)]);
  expect(got.precision).not.toBe(got.recall);
});

test("the Inception Score of certain, evenly spread rows is the number of classes; of equal rows it is 1", () => {
  const certain = Float32Array.from({ length: 100 * 5 }, (_, at) => (at % 5 === Math.floor(at / 5) % 5 ? 100 : 0));
  expect(inceptionScore(certain, 5)).toEqual({ mean: expect.closeTo(5, 9), deviation: expect.closeTo(0, 9) });
  expect(inceptionScore(new Float32Array(100 * 5), 5).mean).toBeCloseTo(1, 12);
});

test("KID agrees with brute force, also where rows count several times", async () => {
  const [real, drawn, dim] = [normals(10, 7 * 3), normals(11, 5 * 3, 1, 0.5), 3];
  const kernel = (a: Float32Array, i: number, b: Float32Array, j: number): number =>
    (Array.from({ length: dim }, (_, k) => a[i * dim + k]! * b[j * dim + k]!).reduce((x, y) => x + y) / dim + 1) ** 3;
  const mean = (
    n: number,
    m: number,
    weight: (i: number, j: number) => number,
    of: (i: number, j: number) => number,
  ) => {
    let [sum, total] = [0, 0];
    for (let i = 0; i < n; i++)
      for (let j = 0; j < m; j++) {
        sum += weight(i, j) * of(i, j);
        total += weight(i, j);
      }
    return sum / total;
  };
  const expected = (w: readonly number[]): number =>
    mean(
      7,
      7,
      (i, j) => Number(i !== j),
      (i, j) => kernel(real, i, real, j),
    ) +
    mean(
      5,
      5,
      (i, j) => Number(i !== j) * w[i]! * w[j]!,
      (i, j) => kernel(drawn, i, drawn, j),
    ) -
    2 *
      mean(
        7,
        5,
        (_, j) => w[j]!,
        (i, j) => kernel(real, i, drawn, j),
      );
  const { value, replicates } = await kernelDistance(real, drawn, dim, product, createRandom(1), 2);
  expect(value).toBeCloseTo(expected([1, 1, 1, 1, 1]), 9);
  const random = createRandom(1);
  for (const got of replicates) {
    const weights = [0, 0, 0, 0, 0];
    for (const i of resampled(5, random)) weights[i]!++;
    expect(got).toBeCloseTo(expected(weights), 9);
  }
});

test("KID goes over more rows than one tile holds", async () => {
  const [a, b] = [normals(16, 1500 * 4), normals(17, 1100 * 4, 1, 0.5)];
  const whole = await kernelDistance(a, b, 4, product, createRandom(1));
  expect(whole.value).toBeGreaterThan(0.3);
  expect(Math.abs((await kernelDistance(a, normals(18, 1100 * 4), 4, product, createRandom(1))).value)).toBeLessThan(
    0.05,
  );
});

test("bootstrap intervals lie on their value, by ranks or by deviation", () => {
  const values = Float64Array.from({ length: 101 }, (_, i) => 10 + i / 10);
  expect(bootstrapInterval(7, values)).toEqual([expect.closeTo(7 - 4.75, 9), expect.closeTo(7 + 4.75, 9)]);
  // Student's t of 9 degrees is 2.262; the deviation of 0..9 is 3.0277.
  const few = bootstrapInterval(
    0,
    Float64Array.from({ length: 10 }, (_, i) => i),
  )!;
  expect(few[1]).toBeCloseTo(2.262 * 3.0277, 2);
  expect(bootstrapInterval(0, Float64Array.of(1))).toBeUndefined();
});

test("PSNR and SSIM of known pictures", () => {
  const random = createRandom(2);
  const picture = { data: Uint8Array.from({ length: 16 * 12 * 3 }, () => random.int(200)), width: 16, height: 12 };
  const brighter = { ...picture, data: picture.data.map((v) => v + 10) };
  expect(psnr(picture, brighter)).toBeCloseTo(10 * Math.log10(255 ** 2 / 100), 12);
  expect(psnr(picture, picture)).toBe(Number.POSITIVE_INFINITY);
  expect(ssim(picture, picture)).toBeCloseTo(1, 12);
  const flat = (value: number) => ({ data: new Uint8Array(16 * 12 * 3).fill(value), width: 16, height: 12 });
  // Without variance only the luminance term is left.
  expect(ssim(flat(50), flat(100))).toBeCloseTo((2 * 50 * 100 + 6.5025) / (50 ** 2 + 100 ** 2 + 6.5025), 9);
});

test("codebook usage counts codes and their evenness", () => {
  expect(codebookUsage(Int32Array.of(0, 1, 0, 1), 8)).toEqual({ used: 0.25, perplexity: expect.closeTo(2, 12) });
});

test("a bootstrap interval of a mean has the width that theory gives", () => {
  const values = Float64Array.from(normals(12, 400));
  const [low, high] = percentileInterval(bootstrapMeans(values, createRandom(3), 2000));
  expect(high - low).toBeGreaterThan(0.17);
  expect(high - low).toBeLessThan(0.23);
});

const python = "/usr/bin/python3";
const hasScipy = existsSync(python) && canImport();
function canImport(): boolean {
  try {
    execFileSync(python, ["-c", "import numpy, scipy.linalg"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("statistics files", () => {
  test("come back as written", async () => {
    const folder = mkdtempSync(join(tmpdir(), "flexvar-statistics-"));
    try {
      const moments = await momentsOf(normals(13, 30 * 4), 4, product);
      const path = join(folder, "s.npz");
      await writeStatistics(path, { moments, spatial: moments, protocol: "p" });
      expect(await readStatistics(path)).toEqual({ moments, spatial: moments, protocol: "p" });
      const broken = { ...moments, covariance: moments.covariance.map((value) => -value) };
      await writeStatistics(path, { moments: broken });
      await expect(readStatistics(path)).rejects.toThrow(/s\.npz: expected no negative variance/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.skipIf(!hasScipy)(
    "numpy reads them, ours reads numpy's, and scipy's distance is ours",
    { timeout: 30_000 },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "flexvar-statistics-"));
      try {
        const [a, b] = [normals(14, 300 * 20), normals(15, 300 * 20, 1.3, 0.2)];
        await writeStatistics(join(folder, "a.npz"), { moments: await momentsOf(a, 20, product) });
        writeFileSync(join(folder, "b.bin"), new Uint8Array(b.buffer));
        const script = `
import numpy as np, sys
from scipy import linalg
a = np.load("a.npz"); b = np.fromfile("b.bin", "f4").reshape(300, 20).astype("f8")
mu, sigma = b.mean(0), np.cov(b, rowvar=False)
np.savez("b.npz", mu=mu, sigma=sigma)
root = linalg.sqrtm(a["sigma"] @ sigma)
root = root[0] if isinstance(root, tuple) else root
print(((a["mu"] - mu) ** 2).sum() + np.trace(a["sigma"] + sigma - 2 * root.real))`;
        const theirs = Number(execFileSync(python, ["-c", script], { cwd: folder, encoding: "utf8" }));
        const [ours, numpys] = [
          await readStatistics(join(folder, "a.npz")),
          await readStatistics(join(folder, "b.npz")),
        ];
        expect(await frechetDistance(ours!.moments, numpys!.moments, product)).toBeCloseTo(theirs, 8);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
