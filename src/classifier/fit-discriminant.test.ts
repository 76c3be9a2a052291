import { expect, test } from "vitest";
import { doubleProducts } from "../evaluate/index.ts";
import { createRandom } from "../sampling/index.ts";
import { fitDiscriminant } from "./index.ts";

const product = await doubleProducts(1);
const options = { width: 1, shrinkage: 0, sharpness: 2, product };

/** Two classes of points around (±1, ±1) that vary along (1, 1) much more than across. */
function points(count: number) {
  const random = createRandom(3, "points");
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  const rows = labels.flatMap((label) => {
    const [along, across] = [3 * random.normal(), 0.3 * random.normal()];
    const centre = label === 0 ? 1 : -1;
    return [centre + along + across, -0.5 * centre + along - across];
  });
  return { rows: Float32Array.from(rows), labels };
}

test("of two classes the direction is the inverse covariance times the difference of means, whitened", async () => {
  const { rows, labels } = points(400);
  const { projection, bias, head } = await fitDiscriminant(rows, labels, 2, options);
  const means = [0, 1].map((k) =>
    [0, 1].map((j) => labels.reduce((sum, label, i) => sum + (label === k ? rows[2 * i + j]! : 0), 0) / 200),
  );
  const S = [0, 0, 0, 0];
  labels.forEach((label, i) => {
    const d = [0, 1].map((j) => rows[2 * i + j]! - means[label]![j]!);
    for (let k = 0; k < 4; k++) S[k]! += (d[k >> 1]! * d[k & 1]!) / 398;
  });
  const difference = [0, 1].map((j) => means[0]![j]! - means[1]![j]!);
  const [a, b, c] = [S[0]!, S[1]!, S[3]!];
  const expected = [c * difference[0]! - b * difference[1]!, a * difference[1]! - b * difference[0]!];
  expect(projection[0]! / projection[1]!).toBeCloseTo(expected[0]! / expected[1]!, 4);
  // Within classes features have variance 1.
  const [u, v] = projection as unknown as [number, number];
  expect(u * u * a + 2 * u * v * b + v * v * c).toBeCloseTo(1, 4);
  // Class means lie on either side of 0, at the length asked for.
  expect([...head].map(Math.abs)).toEqual([2, 2]);
  expect(head[0]! * head[1]!).toBeLessThan(0);
  const named = labels.filter((label, i) => {
    const feature = u * rows[2 * i]! + v * rows[2 * i + 1]! + bias[0]!;
    return feature * head[label]! > 0;
  });
  expect(named.length / labels.length).toBeGreaterThan(0.95);
});

test("a class without pictures scores 0 everywhere, and directions beyond what there is are nothing", async () => {
  const { rows, labels } = points(40);
  const { projection, head } = await fitDiscriminant(rows, labels, 3, { ...options, width: 2, shrinkage: 0.1 });
  expect([...head.subarray(4)]).toEqual([0, 0]);
  expect([...projection].every(Number.isFinite)).toBe(true);
});
