import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom, imageStream, type RandomState, restoreRandom, splitmix64 } from "./random.ts";

const draws = (rng: { next(): number }, n: number) => Array.from({ length: n }, () => rng.next());

/** A state whose first two numbers are these: the generator's output is turned back, and the second word follows. */
function beginsWith(first: number, second = 0): RandomState {
  const inverse = (odd: number): number =>
    Array.from({ length: 5 }).reduce((x: number) => Math.imul(x, 2 - Math.imul(odd, x)), odd);
  const wordOf = (output: number): number => {
    const turned = Math.imul(output, inverse(9));
    return Math.imul((turned >>> 7) | (turned << 25), inverse(5)) >>> 0;
  };
  const [now, then] = [wordOf(first), wordOf(second)];
  return { words: [(now ^ then) >>> 0, now, 0, 1], spare: null };
}

/** Chi-squared statistic of counts against equal expectation. */
function chiSquared(counts: readonly number[]): number {
  const expected = counts.reduce((a, b) => a + b, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe("known answers", () => {
  it("splitmix64 from 1234567", () => {
    expect(splitmix64(1234567n, 5)).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
      4593380528125082431n,
      16408922859458223821n,
    ]);
  });

  it("xoshiro128** from 1, 2, 3, 4 equals the recurrence in big integers", () => {
    let [a, b, c, d] = [1n, 2n, 3n, 4n];
    const low = (x: bigint) => x & 0xffffffffn;
    const rotl = (x: bigint, k: bigint) => low(x << k) | (x >> (32n - k));
    const expected: number[] = [];
    for (let i = 0; i < 200; i++) {
      expected.push(Number(low(rotl(low(b * 5n), 7n) * 9n)));
      const t = low(b << 9n);
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = rotl(d, 11n);
    }
    expect(expected.slice(0, 4)).toEqual([11520, 0, 5927040, 70819200]);
    expect(draws(restoreRandom({ words: [1, 2, 3, 4], spare: null }), 200)).toEqual(expected);
  });

  it("the streams of pictures stay what they are", () => {
    expect(draws(imageStream(0, 0, 0), 4)).toMatchInlineSnapshot(`
      [
        3877173238,
        1176309895,
        1976197889,
        865741588,
      ]
    `);
    expect(draws(imageStream(7, 207, 3), 4)).toMatchInlineSnapshot(`
      [
        949616183,
        511486882,
        2589373317,
        1458156480,
      ]
    `);
    expect(draws(createRandom(42, "shuffle", 1), 2)).toMatchInlineSnapshot(`
      [
        1988752407,
        2215849917,
      ]
    `);
    const rng = createRandom(1);
    expect([rng.normal(), rng.normal(), rng.normal()]).toMatchInlineSnapshot(`
      [
        -0.8335708213702578,
        -0.20186463458577364,
        -0.9054050998678932,
      ]
    `);
  });
});

describe("streams", () => {
  it("are functions of seed, class and number", () => {
    expect(draws(imageStream(5, 3, 2), 8)).toEqual(draws(imageStream(5, 3, 2), 8));
    const seen = new Set<string>();
    for (let seed = -3; seed < 12; seed++) {
      for (let label = 0; label < 12; label++) {
        for (let index = 0; index < 12; index++) seen.add(draws(imageStream(seed, label, index), 2).join());
      }
    }
    expect(seen.size).toBe(15 * 12 * 12);
  });

  it("share nothing: first draws of neighbouring streams are uniform and uncorrelated", () => {
    const n = 8192;
    const first = Array.from({ length: n }, (_, i) => imageStream(1, 0, i).uniform());
    const counts = new Array<number>(64).fill(0);
    for (const u of first) counts[Math.floor(u * 64)]!++;
    expect(chiSquared(counts)).toBeLessThan(120);
    let product = 0;
    for (let i = 1; i < n; i++) product += (first[i]! - 0.5) * (first[i - 1]! - 0.5);
    expect(Math.abs(product / n / (1 / 12))).toBeLessThan(0.05);
  });

  it("split without moving, by key", () => {
    const rng = createRandom(9);
    const before = rng.save();
    const a = draws(rng.split("a"), 4);
    expect(rng.save()).toEqual(before);
    expect(draws(rng.split("a"), 4)).toEqual(a);
    expect(draws(rng.split("b"), 4)).not.toEqual(a);
    expect(draws(rng.split(1), 4)).not.toEqual(draws(rng.split("1"), 4));
    rng.next();
    expect(draws(rng.split("a"), 4)).not.toEqual(a);
  });

  it("continue bit for bit from a saved state, the spare normal included", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 20 }), (seed, skip) => {
        const rng = createRandom(seed);
        for (let i = 0; i < skip; i++) rng.normal();
        const copy = restoreRandom(JSON.parse(JSON.stringify(rng.save())));
        for (let i = 0; i < 5; i++) expect(copy.normal()).toBe(rng.normal());
        expect(copy.next()).toBe(rng.next());
      }),
    );
  });

  it("refuse what is no seed or state", () => {
    expect(() => createRandom(1.5)).toThrow("seed: expected a whole number within ±2^53, got 1.5");
    expect(() => restoreRandom({ words: [0, 0, 0, 0], spare: null })).toThrow("not all zero");
    for (const words of [
      [-1, 0, 0, 0],
      [0.5, 1, 1, 1],
      [2 ** 32, 0, 0, 0],
      [1, 2, 3],
      [1, 2, 3, 4, 5],
    ])
      expect(() => restoreRandom({ words: words as unknown as RandomState["words"], spare: null })).toThrow(
        "four 32-bit words",
      );
    expect(() => createRandom(0, 0.5)).toThrow("random key: expected a whole number within ±2^53, got 0.5");
  });
});

describe("distributions", () => {
  it("uniform: within [0, 1), flat over 256 cells", () => {
    const rng = createRandom(11);
    const counts = new Array<number>(256).fill(0);
    const draws = Array.from({ length: 100_000 }, () => rng.uniform());
    for (const u of draws) counts[Math.floor(u * 256)]!++;
    expect(draws.every((u) => u >= 0 && u < 1)).toBe(true);
    const chi = chiSquared(counts);
    expect(chi).toBeGreaterThan(180);
    expect(chi).toBeLessThan(345);
  });

  it("normal: mean 0, variance 1, kurtosis 3", () => {
    const rng = createRandom(12);
    const n = 100_000;
    const moments = [0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const x = rng.normal();
      for (let k = 0; k < 4; k++) moments[k]! += x ** (k + 1) / n;
    }
    expect(Math.abs(moments[0]!)).toBeLessThan(0.015);
    expect(Math.abs(moments[1]! - 1)).toBeLessThan(0.02);
    expect(Math.abs(moments[3]! - 3)).toBeLessThan(0.15);
  });

  it("int draws again above the last whole multiple", () => {
    expect(restoreRandom(beginsWith(2 ** 32 - 1, 5)).int(3)).toBe(2);
    expect(restoreRandom(beginsWith(2 ** 32 - 2)).int(3)).toBe(2);
  });

  it("normal draws again in the middle and from the circle on", () => {
    const half = 2 ** 31;
    for (const [x, y] of [
      [half, half],
      [0, half],
    ] as const) {
      const state = beginsWith(x, y);
      const rng = restoreRandom(state);
      expect(draws(rng, 2)).toEqual([x, y]);
      expect(restoreRandom(state).normal()).toBe(rng.normal());
    }
  });

  it("shuffle keeps every item once and takes a number for each place but the first, from the last on", () => {
    const rng = createRandom(14);
    const other = restoreRandom(rng.save());
    const places = [5, 4, 3, 2].map((n) => other.int(n));
    const expected = ["a", "b", "c", "d", "e"];
    places.forEach((from, i) => {
      const to = 4 - i;
      [expected[to], expected[from]] = [expected[from]!, expected[to]!];
    });
    expect(rng.shuffle(["a", "b", "c", "d", "e"])).toEqual(expected);
    expect(rng.next()).toBe(other.next());
  });

  it("int and shuffle: every outcome as often", () => {
    const rng = createRandom(13);
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 12_000; i++) {
      const order = rng.shuffle([0, 1, 2]).join("");
      counts[["012", "021", "102", "120", "201", "210"].indexOf(order)]!++;
    }
    expect(chiSquared(counts)).toBeLessThan(20);
    expect(Array.from({ length: 50 }, () => rng.int(1)).every((v) => v === 0)).toBe(true);
    expect(() => rng.int(0)).toThrow("expected a whole number from 1 to 2^32, got 0");
    expect(() => rng.int(2.5)).toThrow("got 2.5");
    expect(() => rng.int(2 ** 32 + 1)).toThrow("got 4294967297");
    expect(restoreRandom(beginsWith(2 ** 32 - 1)).int(2 ** 32)).toBe(2 ** 32 - 1);
  });
});
