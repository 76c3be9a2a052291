/** Linear discriminants in closed form. */
import type { DoubleProduct } from "../evaluate/index.ts";
import { createRandom } from "../sampling/index.ts";
import type { DiscriminantClassifierTraining } from "./config.ts";

/**
 * Directions that part the classes best for what varies within them: with the within-class covariance S = L Lᵀ (shrunk), the leading
 * principal directions V of the class means whitened by L⁻¹, as L⁻ᵀ V.
 * @param rows [n, D] @param labels [n], below `classes` @param options those of the config; at most D directions
 * @returns `projection` [width, D] and `bias` [width]: features are projection · x + bias, whitened within classes; `head` [K, width]: each
 * class's mean feature, of length `sharpness`, zeros for a class without pictures
 */
export async function fitDiscriminant(
  rows: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
  {
    width,
    shrinkage,
    sharpness,
    product,
  }: Omit<DiscriminantClassifierTraining["model"], "side"> & { product: DoubleProduct },
) {
  const n = labels.length;
  const D = rows.length / n;
  const { mean, means, counts } = classMeans(rows, labels, classes);
  const apart = Float64Array.from(rows, (value, at) => value - means[labels[Math.floor(at / D)]! * D + (at % D)]!);
  const scatter = await product(apart, apart, { rows: D, inner: n, columns: D, transA: true });
  const seen = counts.reduce((sum, count) => sum + Number(count > 0), 0);
  const factor = shrunkCholesky(scatter, D, Math.max(1, n - seen), shrinkage);
  const whitened = means.map((value, at) => (counts[Math.floor(at / D)]! > 0 ? value - mean[at % D]! : 0));
  for (let k = 0; k < classes; k++) solveLower(factor, D, whitened.subarray(k * D, (k + 1) * D));
  const directions = await principalDirections(whitened, classes, D, width, product);
  const projection = Float64Array.from(directions);
  for (let k = 0; k < width; k++) solveUpper(factor, D, projection.subarray(k * D, (k + 1) * D));
  const bias = Float32Array.from({ length: width }, (_, k) => -dot(projection.subarray(k * D, (k + 1) * D), mean));
  const head = await product(whitened, directions, { rows: classes, inner: D, columns: width, transB: true });
  for (let k = 0; k < classes; k++) {
    const own = head.subarray(k * width, (k + 1) * width);
    const length = Math.sqrt(dot(own, own));
    for (let j = 0; j < width && length > 0; j++) own[j]! *= sharpness / length;
  }
  return { projection: Float32Array.from(projection), bias, head: Float32Array.from(head) };
}

function classMeans(rows: Float32Array, labels: ArrayLike<number>, classes: number) {
  const n = labels.length;
  const D = rows.length / n;
  const [mean, means, counts] = [new Float64Array(D), new Float64Array(classes * D), new Int32Array(classes)];
  for (let i = 0; i < n; i++) {
    const own = labels[i]! * D;
    counts[labels[i]!]!++;
    for (let j = 0; j < D; j++) {
      mean[j]! += rows[i * D + j]! / n;
      means[own + j]! += rows[i * D + j]!;
    }
  }
  for (let at = 0; at < means.length; at++) means[at]! /= Math.max(1, counts[Math.floor(at / D)]!);
  return { mean, means, counts };
}

/** Lower factor of scatter / degrees + shrinkage · mean variance, row-major [D, D]. */
function shrunkCholesky(scatter: Float64Array, D: number, degrees: number, shrinkage: number): Float64Array {
  const L = scatter.map((value) => value / degrees);
  let variance = 0;
  for (let i = 0; i < D; i++) variance += L[i * D + i]! / D;
  // Below this, rounding could make the matrix indefinite.
  const added = Math.max(shrinkage * variance, 1e-9);
  for (let j = 0; j < D; j++) {
    L[j * D + j]! += added;
    for (let i = 0; i <= j; i++) {
      const product = dot(L.subarray(j * D, j * D + i), L.subarray(i * D, i * D + i));
      const rest = L[j * D + i]! - product;
      L[j * D + i] = i === j ? Math.sqrt(rest) : rest / L[i * D + i]!;
    }
  }
  return L;
}

/** x ← L⁻¹ x. */
function solveLower(L: Float64Array, D: number, x: Float64Array): void {
  for (let i = 0; i < D; i++) x[i] = (x[i]! - dot(L.subarray(i * D, i * D + i), x)) / L[i * D + i]!;
}

/** x ← L⁻ᵀ x. */
function solveUpper(L: Float64Array, D: number, x: Float64Array): void {
  for (let i = D - 1; i >= 0; i--) {
    const value = x[i]! / L[i * D + i]!;
    x[i] = value;
    for (let j = 0; j < i; j++) x[j]! -= L[i * D + j]! * value;
  }
}

/** Products over the shorter one's length. */
function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

const ROUNDS = 12;

/** Orthonormal rows [width, D] near the leading right singular vectors of [K, D], by subspace iteration. */
async function principalDirections(
  rows: Float64Array,
  K: number,
  D: number,
  width: number,
  product: DoubleProduct,
): Promise<Float64Array> {
  const random = createRandom(0, "directions");
  let found = Float64Array.from({ length: width * D }, () => random.normal());
  orthonormalise(found, width, D);
  for (let round = 0; round < ROUNDS; round++) {
    const scores = await product(found, rows, { rows: width, inner: D, columns: K, transB: true });
    found = Float64Array.from(await product(scores, rows, { rows: width, inner: K, columns: D }));
    orthonormalise(found, width, D);
  }
  return found;
}

/** Gram–Schmidt, twice for digits; rows that vanish stay zero. */
function orthonormalise(rows: Float64Array, count: number, D: number): void {
  for (let i = 0; i < count; i++) {
    const own = rows.subarray(i * D, (i + 1) * D);
    const before = Math.sqrt(dot(own, own));
    for (let pass = 0; pass < 2; pass++)
      for (let k = 0; k < i; k++) {
        const other = rows.subarray(k * D, (k + 1) * D);
        const share = dot(own, other);
        for (let j = 0; j < D; j++) own[j]! -= share * other[j]!;
      }
    const length = Math.sqrt(dot(own, own));
    for (let j = 0; j < D; j++) own[j] = length > 1e-9 * before ? own[j]! / length : 0;
  }
}
