import { expect, test } from "vitest";
import { blendByMask, byteScale, evenSeam, paintInto } from "./seam.ts";

/** Planes [3, H, W] that hold `values`, `values + 1000`, `values + 2000`: channels must not mix. */
const threefold = (values: readonly number[]): Float32Array =>
  Float32Array.from([0, 1000, 2000].flatMap((more) => values.map((value) => value + more)));

test("a constant difference fades out by the square of the distance, and the first pixel goes halfway", () => {
  // One row: kept, then six pixels of hole. The picture is 10 above the painting on the kept pixel.
  const painted = threefold([20, 40, 40, 40, 40, 40, 40]);
  const picture = threefold([30, 0, 0, 0, 0, 0, 0]);
  const before = painted.slice();
  evenSeam(painted, picture, Uint8Array.of(0, 1, 1, 1, 1, 1, 1), 7, 1, 4);
  const faded = [1, 0.75, 0.5, 0.25].map((share) => 40 + 10 * share ** 2);
  const expected = threefold([20, 0.5 * faded[0]! + 0.5 * 30, faded[1]!, faded[2]!, faded[3]!, 40, 40]);
  expected.forEach((value, i) => {
    expect(painted[i]).toBeCloseTo(value, 3);
  });
  const same = before.slice();
  evenSeam(same, picture, Uint8Array.of(0, 1, 1, 1, 1, 1, 1), 7, 1, 0);
  expect(same).toEqual(before);
  evenSeam(same, picture, new Uint8Array(7).fill(1), 7, 1, 4);
  expect(same).toEqual(before);
});

test("model values become bytes' scale", () => {
  const planes = { data: Float32Array.of(-1, 0, 1, 1.5), batch: 1, height: 2, width: 2 };
  expect([...byteScale(planes)]).toEqual([0, 127.5, 255, 318.75]);
});

test("painting writes where it pastes, rounds, clamps, and drops what lies beyond the picture", () => {
  const picture = { data: new Uint8Array(3 * 3 * 2).fill(9), width: 3, height: 2 };
  const planes = Float32Array.from([1.4, 1.6, -3, 300, 50, 60].flatMap((v) => [v, v, v, v]).slice(0, 12));
  // A window of 2×2 at the last pixel: only its first pixel lies in the picture.
  const corner = paintInto(picture, planes, new Uint8Array(4).fill(1), { left: 2, top: 1, width: 2, height: 2 });
  expect([...corner.data]).toEqual([...new Array<number>(15).fill(9), 1, 2, 0]);
  expect([corner.width, corner.height]).toEqual([3, 2]);
  const values = Float32Array.of(10, 20, 30, 300, 11, 21, 31, 41, 12, 22, 32, -42);
  const some = paintInto(picture, values, Uint8Array.of(1, 0, 0, 1), { left: 1, top: 0, width: 2, height: 2 });
  expect([...some.data]).toEqual([9, 9, 9, 10, 11, 12, 9, 9, 9, 9, 9, 9, 9, 9, 9, 255, 41, 0]);
  // What lies beyond the right edge does not go on in the next row, what lies beyond the window's rows is not read.
  const right = paintInto(picture, values, new Uint8Array(4).fill(1), { left: 2, top: 0, width: 2, height: 2 });
  const nines = new Array<number>(6).fill(9);
  expect([...right.data]).toEqual([...nines, 10, 11, 12, ...nines, 30, 31, 32]);
  const first = paintInto(picture, Float32Array.of(1, 2, 3), Uint8Array.of(1), {
    left: 0,
    top: 0,
    width: 1,
    height: 1,
  });
  expect([...first.data]).toEqual([1, 2, 3, ...new Array<number>(15).fill(9)]);
  expect(picture.data.every((value) => value === 9)).toBe(true);
});

test("a blend keeps the bytes at 0, paints opaque at 255, and mixes between", () => {
  const original = { data: Uint8Array.of(10, 20, 30, 40, 10, 20, 30, 40, 10, 20, 30, 40), width: 3, height: 1 };
  const painted = { data: Uint8Array.of(110, 120, 130, 111, 121, 131, 110, 120, 130), width: 3, height: 1 };
  const blended = blendByMask(original, painted, { data: Uint8Array.of(0, 255, 51), width: 3, height: 1 });
  expect([...blended.data]).toEqual([10, 20, 30, 40, 111, 121, 131, 255, 30, 40, 50, 83]);
  expect([blended.width, blended.height]).toEqual([3, 1]);
  // 100/255 of the way: 10 + 100·0.392, and alpha 40 + 215·0.392.
  const part = blendByMask(original, painted, { data: Uint8Array.of(100, 0, 0), width: 3, height: 1 });
  expect([...part.data.subarray(0, 4)]).toEqual([49, 59, 69, 124]);
});
