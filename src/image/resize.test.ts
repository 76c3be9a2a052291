import { beforeAll, describe, expect, it } from "vitest";
import { floats, type GoldenArray, goldenNpz } from "../../test/support/golden-npz.ts";
import { areaMatrix, bicubicMatrix, resizeSeparable } from "./resize.ts";

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}

const matrixOf = (name: string) => (name.includes("_area_") ? areaMatrix : bicubicMatrix);

describe("reference data", () => {
  let ops: Map<string, GoldenArray>;
  beforeAll(async () => {
    ops = await goldenNpz("ops.npz");
  });

  it("resizes as PyTorch does, up and down, squares and rectangles", () => {
    const names = [...ops.keys()].filter((name) => /^resize_[ab]_/.test(name));
    expect(names).toHaveLength(34);
    for (const name of names) {
      const input = ops.get(`resize_in_${name[7]}`)!;
      const [h, w] = input.shape.slice(-2) as [number, number];
      const [outH, outW] = ops.get(name)!.shape.slice(-2) as [number, number];
      const resized = resizeSeparable(input.data as Float32Array, matrixOf(name)(h, outH), matrixOf(name)(w, outW));
      expect(largestDifference(resized, floats(ops, name)), name).toBeLessThan(4e-6);
    }
  });

  it("pools the position map to every grid", () => {
    const full = floats(ops, "pos_area_32x32");
    const names = [...ops.keys()].filter((name) => /^pos_area_\d/.test(name));
    expect(names.length).toBeGreaterThan(15);
    for (const name of names) {
      const [h, w] = name.slice(9).split("x").map(Number) as [number, number];
      const pooled = resizeSeparable(full, areaMatrix(32, h), areaMatrix(32, w));
      const stored = ops.get(name)!.shape[1]!;
      const expected = floats(ops, name);
      const kept = stored === h ? pooled : everyThird(pooled, h, w);
      expect(largestDifference(kept, expected), name).toBeLessThan(1e-6);
    }
  });
});

function everyThird(data: Float32Array, h: number, w: number): Float32Array {
  return data.filter((_, i) => (i % w) % 3 === 0 && (Math.floor(i / w) % h) % 3 === 0);
}

describe("matrices", () => {
  it("keep a constant and, at equal sides, everything", () => {
    for (const [from, to] of [
      [1, 5],
      [4, 7],
      [7, 4],
      [16, 16],
      [3, 64],
    ] as const) {
      for (const matrix of [areaMatrix(from, to), bicubicMatrix(from, to)]) {
        for (let i = 0; i < to; i++) {
          const sum = matrix.data.subarray(i * from, (i + 1) * from).reduce((a, b) => a + b, 0);
          expect(sum).toBeCloseTo(1, 6);
        }
      }
    }
    expect([...bicubicMatrix(2, 2).data]).toEqual([1, 0, 0, 1]);
    expect([...areaMatrix(3, 2).data]).toEqual([0.5, 0.5, 0, 0, 0.5, 0.5]);
  });

  it("refuse impossible sides and planes", () => {
    expect(() => areaMatrix(0, 2)).toThrow("areaMatrix: expected sides of at least 1, got 0 to 2");
    expect(() => bicubicMatrix(2, 1.5)).toThrow("got 2 to 1.5");
    expect(() => resizeSeparable(new Float32Array(5), areaMatrix(2, 1), areaMatrix(2, 1))).toThrow("planes of 2x2");
  });
});
