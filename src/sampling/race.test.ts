import { expect, it } from "vitest";
import { drawByRace, raceTime } from "./race.ts";
import { createRandom } from "./random.ts";

const ids = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);

/** Chi-square of counts against expected ones; about its degrees of freedom, give or take √(2·df), when they agree. */
const chiSquare = (counts: readonly number[], expected: readonly number[]): number =>
  counts.reduce((sum, count, i) => sum + (count - expected[i]!) ** 2 / expected[i]!, 0);

it("draws each token with its share of the weight", () => {
  const weights = Float64Array.of(8, 4, 2, 1, 0.5, 0, 0.25, 0.25);
  const total = 16;
  const random = createRandom(1);
  const draws = 200_000;
  const counts = new Array<number>(8).fill(0);
  for (let i = 0; i < draws; i++) counts[drawByRace(ids(8), weights, random.uniform())]!++;
  expect(counts[5]).toBe(0);
  const possible = [0, 1, 2, 3, 4, 6, 7];
  const found = possible.map((id) => counts[id]!);
  const expected = possible.map((id) => (draws * weights[id]!) / total);
  // 6 degrees of freedom: above 22.5 once in a thousand seeds.
  expect(chiSquare(found, expected)).toBeLessThan(22.5);
});

it("draws evenly among hundreds of equals", () => {
  const V = 256;
  const weights = new Float64Array(V).fill(1);
  const random = createRandom(2);
  const counts = new Array<number>(V).fill(0);
  const draws = 40 * V;
  for (let i = 0; i < draws; i++) counts[drawByRace(ids(V), weights, random.uniform())]!++;
  const square = chiSquare(counts, new Array<number>(V).fill(40));
  // 255 degrees of freedom, standard deviation 22.6: within four of them.
  expect(Math.abs(square - 255)).toBeLessThan(90);
});

it("draws successive tokens independently", () => {
  const weights = new Float64Array(8).fill(1);
  const random = createRandom(3);
  const pairs = new Array<number>(64).fill(0);
  let last = drawByRace(ids(8), weights, random.uniform());
  const draws = 64_000;
  for (let i = 0; i < draws; i++) {
    const next = drawByRace(ids(8), weights, random.uniform());
    pairs[8 * last + next]!++;
    last = next;
  }
  // 63 degrees of freedom: above 103.4 once in a thousand seeds.
  expect(chiSquare(pairs, new Array<number>(64).fill(draws / 64))).toBeLessThan(103.4);
});

it("takes every number of the stream, and the only token there is", () => {
  for (const u of [0, 2 ** -32, 0.5, 1 - 2 ** -32, 1 - 2 ** -53]) {
    expect(drawByRace(Int32Array.of(7), Float64Array.of(1e-300), u)).toBe(7);
    expect(drawByRace(ids(3), Float64Array.of(0, 1, 0), u)).toBe(1);
    expect(raceTime(u, 3, 1)).toBeGreaterThan(0);
  }
});

it("draws what it drew: pictures are repeated from their seeds", () => {
  expect([0, 1, 2, 511].map((id) => raceTime(0.625, id, 2))).toMatchInlineSnapshot(`
    [
      0.06995468976451494,
      1.4913224151689495,
      0.33732166117282003,
      0.17119256467618793,
    ]
  `);
  const random = createRandom(7);
  const weights = Float64Array.from({ length: 100 }, (_, id) => 1 + (id % 7));
  expect(Array.from({ length: 12 }, () => drawByRace(ids(100), weights, random.uniform()))).toMatchInlineSnapshot(`
    [
      19,
      87,
      8,
      90,
      34,
      10,
      58,
      74,
      62,
      97,
      29,
      22,
    ]
  `);
});

it("is the earliest of the race", () => {
  const random = createRandom(4);
  for (let n = 0; n < 2000; n++) {
    const weights = Float64Array.from({ length: 30 }, () => Math.exp(3 * random.normal()));
    const u = random.uniform();
    const times = [...weights].map((weight, id) => raceTime(u, id, weight));
    expect(drawByRace(ids(30), weights, u)).toBe(times.indexOf(Math.min(...times)));
  }
});

it("keeps the token when other weights change, and changes it rarely when weights are rounded otherwise", () => {
  const random = createRandom(5);
  const V = 200;
  const draws = 4_000;
  const error = 5e-3;
  let changed = 0;
  let moved = 0;
  for (let n = 0; n < draws; n++) {
    const weights = Float64Array.from({ length: V }, () => Math.exp(random.normal()));
    const other = weights.map((weight) => weight * Math.exp(error * random.normal()));
    const u = random.uniform();
    const winner = drawByRace(ids(V), weights, u);
    if (drawByRace(ids(V), other, u) !== winner) changed++;
    const less = weights.map((weight, id) => (id === winner ? weight : weight * random.uniform()));
    expect(drawByRace(ids(V), less, u)).toBe(winner);
    const sums = [weights, other].map((values) => values.reduce((a, b) => a + b, 0));
    moved += weights.reduce((sum, weight, id) => sum + Math.abs(weight / sums[0]! - other[id]! / sums[1]!), 0) / 2;
  }
  // At most 2·TV/(1 + TV) in the mean, and four standard deviations of the count.
  expect(changed).toBeLessThan(2 * moved + 4 * Math.sqrt(2 * moved));
  expect(changed).toBeGreaterThan(0);
});
