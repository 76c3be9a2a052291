import { expect, test } from "vitest";
import { anomalyMap, heatMap } from "./heat.ts";

const grey = (...values: number[]) => ({
  data: Uint8Array.from(values.flatMap((v) => [v, v, v])),
  width: values.length,
  height: 1,
});

test("colours lie between the stops, over a picture in grey", () => {
  const { data, width, height } = heatMap(grey(0, 0, 0, 0, 0), Float32Array.of(0, 1, 2, 3, 4), [1, 5], 0, 4);
  expect([width, height]).toEqual([5, 1]);
  expect([...data]).toEqual([8, 11, 42, 31, 64, 118, 84, 133, 112, 175, 150, 63, 144, 31, 20]);
  // Halfway between the first two stops, over white: 0.3·255 + 0.7·28 and so on.
  expect([...heatMap(grey(255), Float32Array.of(1), [1, 1], 0, 8).data]).toEqual([96, 114, 156]);
  // Colours are weighed by BT.601.
  const colour = { data: Uint8Array.of(200, 100, 50), width: 1, height: 1 };
  expect([...heatMap(colour, Float32Array.of(-9), [1, 1], 0, 8).data]).toEqual([46, 48, 79]);
});

test("values beyond the ends and a range without width are coldest or hottest", () => {
  const ends = heatMap(grey(0, 0), Float32Array.of(-5, 50), [1, 2], 0, 4).data;
  expect([...ends]).toEqual([8, 11, 42, 144, 31, 20]);
  expect([...heatMap(grey(0, 0), Float32Array.of(1, 2), [1, 2], 1, 1).data]).toEqual([8, 11, 42, 8, 11, 42]);
});

test("an anomaly is the mean over scales of surprise in bits, less each scale's own mean", () => {
  const bits = (...values: number[]) => Float32Array.from(values, (value) => -value * Math.LN2);
  const map = anomalyMap([
    { grid: [1, 1], logProbs: bits(7) },
    { grid: [1, 2], logProbs: bits(2, 6) },
    { grid: [2, 2], logProbs: bits(0, 0, 0, 12) },
  ]);
  const expected = [(-2 - 3) / 3, (2 - 3) / 3, (-2 - 3) / 3, (2 + 9) / 3];
  expect(map).toHaveLength(4);
  expected.forEach((value, i) => {
    expect(map[i]).toBeCloseTo(value, 5);
  });
});
