import { expect, test } from "vitest";
import { quantizeWeight } from "./quantize.ts";

test("every output has its own scale, values are turned and rounded to even", () => {
  const { values, scales } = quantizeWeight(Float32Array.of(127, 0.5, -1.5, 0, 0, 0, 2, -1, 1), 3, 3);
  expect([...scales]).toEqual([1, 1, Math.fround(2 / 127)]);
  expect([...values]).toEqual([127, 0, 127, 0, 0, -64, -2, 0, 64]);
});

test("a matrix larger than a square of the turning comes back within half a unit", () => {
  const [N, K] = [70, 131];
  const w = Float32Array.from({ length: N * K }, (_, i) => Math.sin(i * 12.9898) * (1 + (i % 7)));
  const { values, scales } = quantizeWeight(w, N, K);
  for (let n = 0; n < N; n++)
    for (let k = 0; k < K; k++) {
      const back = values[k * N + n]! * scales[n]!;
      expect(Math.abs(back - w[n * K + k]!)).toBeLessThanOrEqual(0.5001 * scales[n]!);
    }
});
