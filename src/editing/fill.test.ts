import { expect, test } from "vitest";
import { fillHole, fillPlanes, nearestKept, stepsToKept } from "./fill.ts";

test("nearest kept pixels and their distance in steps", () => {
  // Two rows of four; kept are the first of the first row and the last of the second.
  const hole = Uint8Array.of(0, 1, 1, 1, 1, 1, 1, 0);
  expect([...stepsToKept(hole, 4, 2)]).toEqual([0, 1, 2, 1, 1, 2, 1, 0]);
  expect([...nearestKept(hole, 4, 2)]).toEqual([0, 0, 0, 7, 0, 0, 7, 7]);
  // Upwards to the first column too, and never around the end of a row.
  expect([...stepsToKept(Uint8Array.of(1, 1, 0, 1), 2, 2)]).toEqual([1, 2, 0, 1]);
  expect([...stepsToKept(Uint8Array.of(1, 1, 1, 0, 1, 1), 3, 2)]).toEqual([1, 2, 3, 0, 1, 2]);
  expect([...stepsToKept(Uint8Array.of(1, 1, 0, 1, 1, 1), 3, 2)]).toEqual([2, 1, 0, 3, 2, 1]);
  expect([...stepsToKept(new Uint8Array(2).fill(1), 2, 1)]).toEqual([0x7fffffff, 0x7fffffff]);
});

test("each plane is filled on its own: by its mean, its nearest, or between its borders", () => {
  const hole = Uint8Array.of(0, 1, 1, 0);
  const planes = Float32Array.of(0, 9, 9, 30, 100, 9, 9, 40);
  const filled = (fill: "mean" | "nearest" | "diffusion") => {
    const copy = planes.slice();
    fillPlanes(copy, 4, 1, hole, fill, 5);
    return [...copy];
  };
  expect(filled("mean")).toEqual([0, 15, 15, 30, 100, 70, 70, 40]);
  expect(filled("nearest")).toEqual([0, 0, 30, 30, 100, 100, 40, 40]);
  filled("diffusion").forEach((value, i) => {
    expect(value).toBeCloseTo([0, 10, 20, 30, 100, 80, 60, 40][i]!, 4);
  });
});

test("upright holes too, and the picture's border lets nothing through", () => {
  const column = Float32Array.of(0, 9, 9, 30, 9);
  fillPlanes(column, 1, 5, Uint8Array.of(0, 1, 1, 0, 1), "diffusion", 5);
  [0, 10, 20, 30, 30].forEach((value, i) => {
    expect(column[i]).toBeCloseTo(value, 4);
  });
  const top = Float32Array.of(9, 8, 9, 9);
  fillPlanes(top, 4, 1, Uint8Array.of(1, 0, 1, 1), "diffusion", 5);
  expect([...top]).toEqual([8, 8, 8, 8]);
});

test("where nothing is kept stands the number given, where nothing is missing the picture", () => {
  const planes = Float32Array.of(1, 2);
  fillPlanes(planes, 2, 1, new Uint8Array(2), "mean", 5);
  expect([...planes]).toEqual([1, 2]);
  fillPlanes(planes, 2, 1, new Uint8Array(2).fill(1), "nearest", 5);
  expect([...planes]).toEqual([5, 5]);
});

test("bytes are rounded, channel by channel", () => {
  const picture = { data: Uint8Array.of(1, 10, 255, 2, 11, 255, 99, 99, 99), width: 3, height: 1 };
  expect([...fillHole(picture, Uint8Array.of(0, 0, 1), "mean").data]).toEqual([1, 10, 255, 2, 11, 255, 2, 11, 255]);
});
