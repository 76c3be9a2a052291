import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { floats, type GoldenArray, goldenNpz, integers } from "../../test/support/golden-npz.ts";
import { type FilterOptions, greedyRow, NO_FILTER, RowSampler } from "./filters.ts";
import { createRandom, imageStream } from "./random.ts";

const V = 64;

/** Probabilities of every row, zero for the removed tokens. */
function probabilities(logits: Float32Array, vocabSize: number, options: FilterOptions): Float64Array {
  const sampler = new RowSampler(vocabSize);
  const all = new Float64Array(logits.length);
  for (let begin = 0; begin < logits.length; begin += vocabSize) {
    const { ids, weights, total } = sampler.filter(logits, begin, options);
    ids.forEach((id, i) => {
      all[begin + id] = weights[i]! / total;
    });
  }
  return all;
}

/** The specification in plain loops: full sort, running sum, nothing clever. */
function plainFilter(row: Float32Array, { topK, topP, temperature }: FilterOptions): Set<number> {
  const order = Array.from(row.keys()).sort((a, b) => row[a]! - row[b]! || a - b);
  const limited = topK > 0 && topK < row.length;
  const smallest = limited ? row[order[row.length - topK]!]! : Number.NEGATIVE_INFINITY;
  const kept = order.filter((id) => row[id]! >= smallest);
  const largest = row[order.at(-1)!]!;
  const weights = kept.map((id) => Math.exp((row[id]! - largest) / temperature));
  const total = weights.reduce((a, b) => a + b, 0);
  if (!(topP > 0 && topP < 1)) return new Set(kept);
  let sum = 0;
  return new Set(
    kept.filter((_, i) => {
      sum += weights[i]!;
      return sum > (1 - topP) * total || i === kept.length - 1;
    }),
  );
}

describe("reference data", () => {
  let ops: Map<string, GoldenArray>;
  beforeAll(async () => {
    ops = await goldenNpz("ops.npz");
  });

  it.each([
    ["samp_logits", "topk5", 5, 0],
    ["samp_logits", "topp90", 0, 0.9],
    ["samp_logits", "topk5_topp90", 5, 0.9],
    ["samp_logits", "topk1", 1, 0],
    ["samp_logits", "topk1_topp95", 1, 0.95],
    ["samp_logits", "topk20_topp50", 20, 0.5],
    ["samp_logits", "topp10", 0, 0.1],
    ["samp_logits_ties", "ties_topk5", 5, 0],
    ["samp_logits_ties", "ties_topk1", 1, 0],
    ["samp_logits", "none", 0, 0],
  ])("%s %s keeps the same tokens with the same probabilities", (logits, name, topK, topP) => {
    const ours = probabilities(floats(ops, logits), V, { topK, topP, temperature: 1 });
    expect(Array.from(ours, (p) => (p > 0 ? 1 : 0))).toEqual(integers(ops, `samp_keep_${name}`));
    if (!ops.has(`samp_prob_${name}`)) return;
    floats(ops, `samp_prob_${name}`).forEach((p, i) => {
      expect(Math.abs(ours[i]! - p)).toBeLessThan(1e-6);
    });
  });
});

describe("RowSampler", () => {
  it("keeps what the plain loops keep, ties and extremes included", () => {
    const value = fc.oneof(
      fc.integer({ min: -6, max: 6 }).map((n) => n / 2),
      fc.float({ min: -40, max: 40, noNaN: true }),
      fc.constant(-100),
    );
    const cases = fc.record({
      row: fc.array(value, { minLength: 1, maxLength: 60 }).map((v) => Float32Array.from(v)),
      topK: fc.integer({ min: 0, max: 70 }),
      topP: fc.constantFrom(0, 0.1, 0.37, 0.613, 0.951, 1),
      temperature: fc.constantFrom(0.5, 1, 1.7),
    });
    fc.assert(
      fc.property(cases, ({ row, ...options }) => {
        const { ids } = new RowSampler(row.length).filter(row, 0, options);
        expect([...ids]).toEqual([...plainFilter(row, options)].sort((a, b) => a - b));
      }),
      { numRuns: 2000 },
    );
  });

  it("agrees with the plain loops on rows of the released size", () => {
    const rng = createRandom(21);
    const sampler = new RowSampler(8912);
    for (const options of [
      { topK: 900, topP: 0.95, temperature: 1 },
      { topK: 0, topP: 0.95, temperature: 0.8 },
      { topK: 8911, topP: 0, temperature: 1 },
    ]) {
      const row = Float32Array.from({ length: 8912 }, () => rng.normal() * 3);
      expect([...sampler.filter(row, 0, options).ids]).toEqual([...plainFilter(row, options)].sort((a, b) => a - b));
    }
  });

  it("drops the lower of equal tokens first at the top-p edge", () => {
    const row = Float32Array.of(0, 0, 0, 0);
    expect([...new RowSampler(4).filter(row, 0, { topK: 0, topP: 0.5, temperature: 1 }).ids]).toEqual([2, 3]);
  });

  it("keeps by min-p what is likely beside the likeliest, after every other filter, at the row's temperature", () => {
    const row = Float32Array.of(0, Math.log(2), Math.log(4), Math.log(8));
    const kept = (options: Partial<FilterOptions>) => {
      const { ids, weights, total } = new RowSampler(4).filter(row, 0, { ...NO_FILTER, ...options });
      return [...ids].map((id, i) => [id, Number((weights[i]! / total).toFixed(6))]);
    };
    const [a, b, c] = [1 / 7, 2 / 7, 4 / 7].map((share) => Number(share.toFixed(6)));
    expect(kept({ minP: 0.24 })).toEqual([
      [1, a],
      [2, b],
      [3, c],
    ]);
    expect(kept({ minP: 0.26 }).map(([id]) => id)).toEqual([2, 3]);
    expect(kept({ minP: 0.26, temperature: 2 }).map(([id]) => id)).toEqual([0, 1, 2, 3]);
    expect(kept({ minP: 0.26, topK: 1 }).map(([id]) => id)).toEqual([3]);
    expect(kept({ minP: 0.1, topP: 0.6 }).map(([id]) => id)).toEqual([2, 3]);
    expect(kept({ minP: 1 })).toEqual([[3, 1]]);
    expect(kept({ minP: 0 })).toEqual(kept({}));
  });

  it("draws as often as the probabilities say", () => {
    const rng = createRandom(5);
    const row = Float32Array.from({ length: 20 }, () => rng.normal());
    const options = { topK: 12, topP: 0.9, temperature: 1.3 };
    const expected = probabilities(row, 20, options);
    const counts = new Array<number>(20).fill(0);
    const sampler = new RowSampler(20);
    for (let i = 0; i < 40_000; i++) counts[sampler.sample(row, 0, options, rng.uniform())]!++;
    counts.forEach((count, id) => {
      expect(Math.abs(count / 40_000 - expected[id]!)).toBeLessThan(0.012);
      if (expected[id] === 0) expect(count).toBe(0);
    });
  });

  it("gives a picture the same tokens alone and in a batch", () => {
    const rng = createRandom(6);
    const [pictures, tokens, vocab] = [3, 5, 40];
    const logits = Float32Array.from({ length: pictures * tokens * vocab }, () => rng.normal());
    const options = { topK: 30, topP: 0.9, temperature: 1 };
    const draw = (sampler: RowSampler, picture: number) => {
      const stream = imageStream(1, 4, picture);
      return Array.from({ length: tokens }, (_, t) =>
        sampler.sample(logits, (picture * tokens + t) * vocab, options, stream.uniform()),
      );
    };
    const shared = new RowSampler(vocab);
    const batch = [0, 1, 2].map((p) => draw(shared, p));
    expect([2, 1, 0].map((p) => draw(new RowSampler(vocab), p)).reverse()).toEqual(batch);
  });

  it("takes the lowest of equal bests for top-k 1 and greedily", () => {
    const row = Float32Array.of(1, 3, 3, 2);
    expect(greedyRow(row)).toBe(1);
    expect(greedyRow(row, 2, 4)).toBe(0);
    expect(new RowSampler(4).sample(row, 0, { topK: 1, topP: 0.95, temperature: 1 }, 0.99)).toBe(1);
  });

  it("refuses what cannot be drawn from", () => {
    const nan = Float32Array.of(0, Number.NaN, 1, 2);
    const sampler = new RowSampler(4);
    for (const options of [NO_FILTER, { ...NO_FILTER, topK: 2 }, { ...NO_FILTER, topP: 0.5 }]) {
      expect(() => sampler.filter(nan, 0, options)).toThrow("expected finite logits, got NaN");
      expect(() => sampler.filter(Float32Array.of(0, 1, Infinity, 2), 0, options)).toThrow("got Infinity");
      expect(() => sampler.filter(new Float32Array(4).fill(-Infinity), 0, options)).toThrow("at least one possible");
    }
    expect(() => greedyRow(new Float32Array(2).fill(Number.NaN))).toThrow("expected finite logits");
    expect(() => sampler.filter(Float32Array.of(0, 1, 2, 3), 0, { ...NO_FILTER, temperature: 0 })).toThrow(
      "temperature",
    );
  });

  it("leaves impossible tokens out", () => {
    const row = Float32Array.of(-Infinity, 1, -Infinity, 1);
    const { ids, weights } = new RowSampler(4).filter(row, 0, { topK: 3, topP: 0.99, temperature: 1 });
    expect([...ids].filter((_, i) => weights[i]! > 0)).toEqual([1, 3]);
  });
});
