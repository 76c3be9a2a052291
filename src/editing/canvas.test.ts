import { expect, test } from "vitest";
import { MAX_IMAGE_SIDE } from "../image/index.ts";
import { canvasOf, marginsForRatio, parseRatio, widenCanvas } from "./canvas.ts";

const none = { left: 0, right: 0, top: 0, bottom: 0 };
/** A picture of 2×1 pixels: 1 2 3 4, 5 6 7 8. */
const picture = { data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), width: 2, height: 1 };

test("a widened canvas is transparent black around the picture, and its mask repaints what is new", () => {
  const wide = widenCanvas(picture, { left: 1, right: 2, top: 1, bottom: 0 });
  expect([wide.picture.width, wide.picture.height, wide.mask.width, wide.mask.height]).toEqual([5, 2, 5, 2]);
  const zeros = (pixels: number) => new Array<number>(4 * pixels).fill(0);
  expect([...wide.picture.data]).toEqual([...zeros(6), 1, 2, 3, 4, 5, 6, 7, 8, ...zeros(2)]);
  expect([...wide.mask.data]).toEqual([255, 255, 255, 255, 255, 255, 0, 0, 255, 255]);
  const low = widenCanvas({ data: new Uint8Array(16).fill(9), width: 2, height: 2 }, { ...none, bottom: 1 });
  expect([...low.mask.data]).toEqual([0, 0, 0, 0, 255, 255]);
  expect([...low.picture.data]).toEqual([...new Array<number>(16).fill(9), ...zeros(2)]);
});

test.each([
  [{ ...none }, "left: expected pixels to add at one side at least, got none (left, right, top, bottom)"],
  [{ ...none, right: -1 }, "right: expected a whole number of pixels of at least 0, got -1"],
  [{ ...none, top: 0.5 }, "top: expected a whole number of pixels of at least 0, got 0.5"],
  [{ ...none, left: MAX_IMAGE_SIDE - 1 }, "left: expected a canvas of at most 16384 pixels a side, got 16385x1"],
  [{ ...none, bottom: MAX_IMAGE_SIDE }, "left: expected a canvas of at most 16384 pixels a side, got 2x16385"],
])("margins %j are refused", (margins, message) => {
  expect(() => widenCanvas(picture, margins)).toThrow(message);
});

test("canvases of the largest side are taken", () => {
  expect(widenCanvas(picture, { ...none, left: MAX_IMAGE_SIDE - 2 }).mask.width).toBe(MAX_IMAGE_SIDE);
  expect(widenCanvas(picture, { ...none, bottom: MAX_IMAGE_SIDE - 1 }).mask.height).toBe(MAX_IMAGE_SIDE);
});

test("ratios from 1:16 to 16:1, as pairs or numbers", () => {
  expect([" 2 : 1 ", "12x24", "10.5", "1/16", "16", "0.25 : 1.5", "2.25:1.125"].map(parseRatio)).toEqual([
    2,
    0.5,
    10.5,
    1 / 16,
    16,
    1 / 6,
    2,
  ]);
  for (const text of ["1:17", "16.01", "a2:1", "2:1b", "2:", "2::1", ".5", "1.", "2;1"])
    expect(() => parseRatio(text), text).toThrow(`from 1:16 to 16:1, got "${text}"`);
});

test("margins add to one axis, the odd pixel right or below", () => {
  expect(marginsForRatio({ width: 10, height: 21 }, 1)).toEqual({ ...none, left: 5, right: 6 });
  expect(marginsForRatio({ width: 21, height: 10 }, 1)).toEqual({ ...none, top: 5, bottom: 6 });
  expect(marginsForRatio({ width: 21, height: 10 }, 2)).toEqual({ ...none, bottom: 1 });
  expect(() => marginsForRatio({ width: 20, height: 10 }, 2)).toThrow(
    "ratio: expected another ratio than the picture's own, 20x10, got 2",
  );
});

test("outpaint adds the pixels given, expand those of a ratio; the size is told before", () => {
  const sizes: (readonly number[])[] = [];
  const check = (size: readonly number[]) => void sizes.push(size);
  const options = { left: 1, right: 2, top: 3, bottom: 4, ratio: 4 };
  expect(canvasOf("outpaint", picture, options, check)).toEqual(widenCanvas(picture, options));
  expect(canvasOf("expand", picture, options, check)).toEqual(widenCanvas(picture, { ...none, left: 1, right: 1 }));
  expect(canvasOf("outpaint", picture, { top: 1 })).toEqual(widenCanvas(picture, { ...none, top: 1 }));
  expect(sizes).toEqual([
    [5, 8],
    [4, 1],
  ]);
  const tooLarge = () => {
    throw new Error("told first");
  };
  expect(() => canvasOf("outpaint", picture, { right: MAX_IMAGE_SIDE }, tooLarge)).toThrow("told first");
});
