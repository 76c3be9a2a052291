import { expect, test } from "vitest";
import { createRandom } from "../sampling/index.ts";
import { doubleProducts, frechetDistance, momentsOf, placedDistance, sumPlaced } from "./index.ts";

const [PLACES, WIDTH, COUNT] = [3, 4, 50];
const SIZE = PLACES * WIDTH;

const noise = (seed: number): Float32Array => {
  const random = createRandom(seed, "rows");
  return Float32Array.from({ length: COUNT * SIZE }, () => random.normal());
};

function momentsAt(rows: Float32Array) {
  const sum = sumPlaced(PLACES, WIDTH);
  // In two parts, as batches come.
  sum.add(rows.subarray(0, 20 * SIZE));
  sum.add(rows.subarray(20 * SIZE));
  return sum.finish();
}

test("a shift by d in one of n places is d² / n away, and a scaling s of it (1 − s)² of its variance / n", async () => {
  const rows = noise(1);
  const own = momentsAt(rows);
  expect(await placedDistance(own, own)).toBeLessThan(1e-12);
  const shifted = rows.map((value, i) => (i % SIZE === 5 ? value + 0.5 : value));
  expect(await placedDistance(momentsAt(shifted), own)).toBeCloseTo(0.25 / 3, 6);
  const scaled = rows.map((value, i) => (i % SIZE >= 4 && i % SIZE < 8 ? 3 * value : value));
  const { mean, covariance } = own[1]!;
  const expected = [0, 1, 2, 3].reduce((sum, j) => sum + 4 * covariance[5 * j]! + 4 * mean[j]! ** 2, 0) / 3;
  expect(await placedDistance(momentsAt(scaled), own)).toBeCloseTo(expected, 5);
});

test("of one place it is the Fréchet distance", async () => {
  const product = await doubleProducts(1);
  const [a, b] = [noise(2), noise(3).map((value) => 1.3 * value + 0.2)];
  const whole = (rows: Float32Array) => {
    const sum = sumPlaced(1, SIZE);
    sum.add(rows);
    return sum.finish();
  };
  const [x, y] = [await momentsOf(a, SIZE, product), await momentsOf(b, SIZE, product)];
  expect(await placedDistance(whole(a), whole(b))).toBeCloseTo(await frechetDistance(x, y, product), 6);
});

test("it sees what moved from place to place, which the same rows without places do not", async () => {
  const rows = noise(4).map((value, i) => (i % SIZE < WIDTH ? value + 2 : value));
  const moved = Float32Array.from(rows, (_, i) => {
    const [picture, at] = [Math.floor(i / SIZE), i % SIZE];
    return rows[picture * SIZE + ((at + WIDTH) % SIZE)]!;
  });
  expect(await placedDistance(momentsAt(moved), momentsAt(rows))).toBeGreaterThan(8);
});

test("refuses rows of another width, places that differ and a single picture", async () => {
  expect(() => sumPlaced(PLACES, WIDTH).add(new Float32Array(SIZE + 1))).toThrow(
    "placed: expected rows of 3x4 numbers, got 13 numbers",
  );
  const one = sumPlaced(PLACES, WIDTH);
  one.add(new Float32Array(SIZE));
  expect(() => one.finish()).toThrow("placed: expected at least two pictures, got 1");
  const own = momentsAt(noise(5));
  await expect(placedDistance(own, own.slice(1))).rejects.toThrow("placed: expected 2 places, got 3");
});
