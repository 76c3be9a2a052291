import { describe, expect, it, vi } from "vitest";
import { createRandom } from "./random.ts";
import { type Candidates, type TailEnd, TailFinder } from "./top-p.ts";

const all = (values: Float32Array): Candidates => ({
  ids: Int32Array.from(values.keys()),
  values,
  count: values.length,
});

/** The rule in plain loops: everything sorted, every weight exact. */
function plainEnd(values: Float32Array, temperature: number, topP: number): TailEnd {
  const sorted = values.slice().sort();
  const weights = Array.from(sorted, (value) => Math.exp((value - sorted.at(-1)!) / temperature));
  const allowance = (1 - topP) * weights.reduce((a, b) => a + b, 0);
  let [removed, sum] = [0, weights[0]!];
  while (sum <= allowance && removed < sorted.length - 1) sum += weights[++removed]!;
  const value = sorted[removed]!;
  return { value, ties: removed - sorted.indexOf(value) };
}

/** The tail's end, and whether the row was summed exactly. */
function found(values: Float32Array, topP: number, temperature = 1, finder = new TailFinder(values.length)) {
  const exact = vi.spyOn(finder as unknown as { findExactly(): TailEnd | undefined }, "findExactly");
  const end = finder.find(all(values), Math.max(...values), temperature, topP);
  const isExact = exact.mock.calls.length > 0;
  exact.mockRestore();
  return { end, isExact };
}

describe("TailFinder", () => {
  it("finds the end in rough sums, and only where they do not decide it in exact ones", () => {
    const random = createRandom(1);
    const finder = new TailFinder(3000);
    let [rows, exact] = [0, 0];
    for (const spread of [0.1, 1, 4, 12, 60])
      for (const temperature of [0.4, 1, 2])
        for (const topP of [0.05, 0.5, 0.7, 0.95, 0.999])
          for (const size of [3, 300, 3000]) {
            const values = Float32Array.from({ length: size }, () => spread * random.normal());
            const { end, isExact } = found(values, topP, temperature, finder);
            expect(end).toEqual(plainEnd(values, temperature, topP));
            rows++;
            exact += isExact ? 1 : 0;
          }
    expect(rows).toBe(225);
    expect(exact).toBeLessThan(4);
  });

  it("counts the equal tokens that go, whether they lie in the end's cell or are the whole row", () => {
    expect(found(new Float32Array(1000), 0.5)).toEqual({ end: { value: 0, ties: 500 }, isExact: true });
    expect(found(new Float32Array(1001), 0.5)).toEqual({ end: { value: 0, ties: 500 }, isExact: false });
    expect(found(Float32Array.of(5, 2, 2, 2, 2, -1), 0.9)).toEqual({ end: { value: 2, ties: 2 }, isExact: false });
    // A smaller one in the same cell is not equal.
    expect(found(Float32Array.of(2, 1.99, 2, 2), 0.4)).toEqual({ end: { value: 2, ties: 1 }, isExact: false });
  });

  it("counts a token between two cells once", () => {
    const end = { value: 0, ties: 0 };
    expect(found(Float32Array.of(0, -1 / 64, -1 / 32), 0.3)).toEqual({ end, isExact: false });
  });

  it("decides by digits that rough sums lack", () => {
    for (const value of [-0.3, -3, -9.99, -31.9 / 32])
      for (const temperature of [1, 0.5]) {
        const values = Float32Array.of(0, temperature * value);
        const weight = Math.exp(values[1]! / temperature);
        const share = weight / (1 + weight);
        for (const off of [1e-9, 1e-6]) {
          // The smaller token is removed where the tail may hold a little more than it does.
          const removed = found(values, 1 - share * (1 + off), temperature);
          expect(removed.end).toEqual({ value: 0, ties: 0 });
          const stays = found(values, 1 - share * (1 - off), temperature);
          expect(stays.end).toEqual({ value: values[1], ties: 0 });
          if (off === 1e-9) expect([removed.isExact, stays.isExact]).toEqual([true, true]);
        }
      }
  });

  it("is sure beyond the margin of the rough sums", () => {
    const values = Float32Array.of(0, Math.log(0.5));
    expect(found(values, 2 / 3 - 1e-6)).toEqual({ end: { value: 0, ties: 0 }, isExact: false });
    expect(found(values, 2 / 3 + 1e-6)).toEqual({ end: { value: values[1], ties: 0 }, isExact: false });
    // Also of a token at the end of a cell, whose rough weight has all digits that the margin counts on.
    const late = Float32Array.of(0, -31.9 / 32);
    const share = Math.exp(late[1]!) / (1 + Math.exp(late[1]!));
    for (const off of [2e-6, -2e-6]) expect(found(late, 1 - share * (1 + off)).isExact).toBe(false);
    // The margin is a share of the whole weight.
    expect(found(new Float32Array(1000), 0.5 + 1e-9)).toEqual({ end: { value: 0, ties: 499 }, isExact: true });
  });

  it("leaves the best, whatever little share is asked for", () => {
    // The least of these leaves 1 - p of all weights, which is all of them.
    for (const topP of [1e-12, 1e-17]) expect(found(Float32Array.of(1, 1, 1), topP).end).toEqual({ value: 1, ties: 2 });
    expect(found(Float32Array.of(-3, 7, 2), 1e-12).end).toEqual({ value: 7, ties: 0 });
    expect(found(Float32Array.of(4), 0.5).end).toEqual({ value: 4, ties: 0 });
  });

  it("takes what is beyond the cells for nothing, impossible tokens included", () => {
    const values = new Float32Array(5000).fill(-45);
    values.fill(Number.NEGATIVE_INFINITY, 4000);
    values.set([0, -1, -2], 100);
    expect(found(values, 0.9)).toEqual({ end: { value: -1, ties: 0 }, isExact: false });
    expect(found(Float32Array.of(0, -31.9, -32, -32.1), 0.9)).toEqual({ end: { value: 0, ties: 0 }, isExact: false });
    expect(found(Float32Array.of(0, -1), 0.9, 1e-308)).toEqual({ end: { value: 0, ties: 0 }, isExact: true });
  });

  it("looks at the first `count` candidates alone", () => {
    const values = Float32Array.of(3, 2, 1, 9, 9);
    const from = { ...all(values), count: 3 };
    expect(new TailFinder(5).find(from, 3, 1, 0.6)).toEqual(plainEnd(values.slice(0, 3), 1, 0.6));
    const near = { ...all(Float32Array.of(3, 2, 1, 1.99)), count: 3 };
    expect(new TailFinder(4).find(near, 3, 1, 0.8)).toEqual({ value: 2, ties: 0 });
  });

  it("finds nothing in rows that are not finite", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(new TailFinder(3).find(all(Float32Array.of(0, value, 1)), value, 1, 0.5)).toBeUndefined();
    expect(new TailFinder(2).find(all(Float32Array.of(Number.NaN, 1)), 1, 1, 0.5)).toBeUndefined();
    const impossible = new Float32Array(3).fill(Number.NEGATIVE_INFINITY);
    expect(new TailFinder(3).find(all(impossible), Number.NEGATIVE_INFINITY, 1, 0.5)).toBeUndefined();
  });
});
