import { expect, test } from "vitest";
import { cutView, enlargePlanes, reduceView, resizeRgb } from "./view.ts";

/** A picture whose pixel i is [10i, 10i + 1, 10i + 2]. */
const counted = (width: number, height: number) => ({
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => 10 * Math.floor(i / 3) + (i % 3)),
  width,
  height,
});
const pixels = (...numbers: number[]) => numbers.flatMap((i) => [10 * i, 10 * i + 1, 10 * i + 2]);

test("a window beyond the edge repeats the edge, pixels and hole", () => {
  const hole = Uint8Array.of(0, 0, 0, 0, 0, 1);
  const { picture, hole: part } = cutView(counted(3, 2), hole, { left: 1, top: 1, width: 3, height: 2 });
  expect([picture.width, picture.height]).toEqual([3, 2]);
  expect([...picture.data]).toEqual(pixels(4, 5, 5, 4, 5, 5));
  expect([...part]).toEqual([0, 1, 1, 0, 1, 1]);
  expect([...cutView(counted(3, 2), hole, { left: 1, top: 0, width: 2, height: 1 }).picture.data]).toEqual(
    pixels(1, 2),
  );
});

test("reducing averages the kept pixels alone; what has none is black", () => {
  const view = { picture: counted(4, 2), hole: Uint8Array.of(0, 1, 1, 1, 0, 0, 1, 1) };
  expect(reduceView(view, 4, 2)).toEqual(view);
  const small = reduceView(view, 2, 1);
  // Pixels 0, 4 and 5 are kept of the first four.
  expect([...small.picture.data]).toEqual([30, 31, 32, 0, 0, 0]);
  expect([...small.hole]).toEqual([1, 1]);
  const flat = reduceView({ picture: counted(2, 1), hole: new Uint8Array(2) }, 1, 1);
  expect([[...flat.picture.data], [...flat.hole]]).toEqual([[5, 6, 7], [0]]);
  const pair = reduceView({ picture: counted(4, 1), hole: new Uint8Array(4) }, 2, 1);
  expect([[...pair.picture.data], [...pair.hole]]).toEqual([
    [5, 6, 7, 25, 26, 27],
    [0, 0],
  ]);
  const low = reduceView({ picture: counted(1, 2), hole: new Uint8Array(2) }, 1, 1);
  expect([low.picture.width, low.picture.height, ...low.picture.data]).toEqual([1, 1, 5, 6, 7]);
});

test("planes of the same size are the same planes; others are enlarged", () => {
  const planes = Float32Array.of(1, 2);
  expect(enlargePlanes(planes, { width: 2, height: 1 }, { width: 2, height: 1 })).toBe(planes);
  expect([...enlargePlanes(planes, { width: 2, height: 1 }, { width: 2, height: 2 })]).toEqual([1, 2, 1, 2]);
  expect([...enlargePlanes(planes, { width: 1, height: 2 }, { width: 2, height: 2 })]).toEqual([1, 1, 2, 2]);
});

test("pictures are averaged down and interpolated up, axis by axis, within bytes", () => {
  const small = resizeRgb(counted(4, 2), 2, 1);
  expect([[...small.data], small.width, small.height]).toEqual([[25, 26, 27, 45, 46, 47], 2, 1]);
  const edge = { data: Uint8Array.of(0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255), width: 4, height: 1 };
  const large = resizeRgb(edge, 8, 1);
  // Bicubic interpolation swings below 0 and above 255 beside the edge.
  expect([...large.data].filter((_, i) => i % 3 === 0).slice(0, 3)).toEqual([0, 0, 0]);
  expect([...large.data].filter((_, i) => i % 3 === 0).slice(-3)).toEqual([255, 255, 255]);
  // Two pixels become four: cubic weights (a = −0.75) of 0.879, 0.262, −0.105 and −0.035 at a quarter of the way.
  const step = resizeRgb({ data: Uint8Array.of(50, 50, 50, 150, 150, 150), width: 2, height: 1 }, 4, 1);
  expect([...step.data].filter((_, i) => i % 3 === 0)).toEqual([39, 73, 127, 161]);
  expect(resizeRgb(edge, 2, 2).data).toEqual(Uint8Array.from([0, 0, 0, 255, 255, 255, 0, 0, 0, 255, 255, 255]));
});
