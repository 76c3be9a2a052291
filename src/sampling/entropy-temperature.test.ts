import { expect, test } from "vitest";
import { PAPER_ENTROPY, parseEntropyTemperature, rowEntropy, temperatureAt } from "./entropy-temperature.ts";
import { NO_FILTER, RowSampler } from "./filters.ts";

const logs = (...shares: number[]) => Float32Array.from(shares, (share) => Math.log(share) + 3);

test("entropy in nats", () => {
  expect(rowEntropy(new Float32Array(16))).toBeCloseTo(Math.log(16), 12);
  expect(rowEntropy(logs(0.5, 0.25, 0.25))).toBeCloseTo(1.5 * Math.LN2, 6);
  expect(rowEntropy(logs(1, 0, 0))).toBe(0);
  expect(rowEntropy(new Float32Array(0))).toBe(0);
  expect(rowEntropy(new Float32Array(2).fill(Number.NEGATIVE_INFINITY))).toBe(0);
});

test("the authors' temperatures", () => {
  expect(parseEntropyTemperature("paper")).toEqual(PAPER_ENTROPY);
  expect(temperatureAt(PAPER_ENTROPY, 0)).toBe(3.1);
  expect(temperatureAt(PAPER_ENTROPY, 3)).toBeCloseTo(2.5 / Math.E + 0.6, 12);
  expect(temperatureAt(PAPER_ENTROPY, 30)).toBeCloseTo(0.6, 3);
  // An entropy that rounding left below 0 counts as 0.
  expect(temperatureAt(PAPER_ENTROPY, -1e-9)).toBe(3.1);
});

test("a row is weighed at its own temperature, times the given one", () => {
  const entropy = { scale: 2, decay: 1.5, floor: 0.5 };
  const row = logs(0.5, 0.25, 0.25);
  const own = 0.7 * (2 * Math.exp((-1.5 * Math.LN2) / 1.5) + 0.5);
  const sampler = new RowSampler(3);
  const { weights, total } = sampler.filter(row, 0, { ...NO_FILTER, temperature: 0.7, entropy });
  expect(weights[1]! / weights[0]!).toBeCloseTo(0.5 ** (1 / own), 6);
  expect(weights[0]! / total).toBeCloseTo(1 / (1 + 2 * 0.5 ** (1 / own)), 6);
});

test("none, and three numbers", () => {
  expect(parseEntropyTemperature(" none ")).toBeUndefined();
  expect(parseEntropyTemperature("0, 1,1")).toEqual({ scale: 0, decay: 1, floor: 1 });
  expect(parseEntropyTemperature("100,100,100")).toEqual({ scale: 100, decay: 100, floor: 100 });
});

test.each(["", "all", "1,2", "1,2,3,4", "1,0,1", "1,1,0", "-1,1,1", "1,,1", " ,1,1", "1,1,101", "x,1,1"])(
  "%j is refused",
  (text) => {
    expect(() => parseEntropyTemperature(text)).toThrow(
      "entropyTemperature: expected none, paper or SCALE,DECAY,FLOOR",
    );
  },
);
