import { describe, expect, test } from "vitest";
import type { RgbaImage } from "../image/index.ts";
import { describeMask, MaskModeError, maskFromImage, readMask } from "./index.ts";

type Pixel = readonly [r: number, g: number, b: number, a: number];
const WHITE: Pixel = [255, 255, 255, 255];
const BLACK: Pixel = [0, 0, 0, 255];
const NONE: Pixel = [0, 0, 0, 0];

/** A row of ten pixels: the first three of one kind, the others of another. */
function row(marked: Pixel, rest: Pixel | ((i: number) => Pixel)): RgbaImage {
  const pixels = Array.from({ length: 10 }, (_, i) => (i < 3 ? marked : typeof rest === "function" ? rest(i) : rest));
  return { data: Uint8Array.from(pixels.flat()), width: 10, height: 1 };
}
const FIRST = [255, 255, 255, 0, 0, 0, 0, 0, 0, 0];
const OTHERS = FIRST.map((value) => 255 - value);
const photo = (i: number): Pixel => [20 * i, 255 - 20 * i, 90, 255];

describe("a mask shows how it is meant", () => {
  test.each<[name: string, image: RgbaImage, by: string, mask: number[]]>([
    ["white on black", row(WHITE, BLACK), "white", FIRST],
    ["black on white", row(BLACK, WHITE), "white", OTHERS],
    [
      "white on black with an alpha that is off by rounding",
      row([255, 255, 255, 254], [0, 0, 0, 252]),
      "white",
      [254, 254, 254, ...FIRST.slice(3)],
    ],
    ["0 and 1", row([1, 1, 1, 255], BLACK), "white", FIRST],
    ["0 and 3", row([3, 3, 3, 255], BLACK), "white", FIRST],
    ["a class of an index mask", row([128, 0, 0, 255], BLACK), "white", FIRST],
    ["a photograph with a transparent hole", row(NONE, photo), "alpha", FIRST],
    ["a photograph with a hole over white", row([255, 255, 255, 0], photo), "alpha", FIRST],
    ["black with a transparent hole", row(NONE, BLACK), "alpha", FIRST],
    ["black with a hole over white: both say the same", row([255, 255, 255, 0], BLACK), "alpha", FIRST],
    ["alpha of 0 and 1", row(NONE, [0, 0, 0, 1]), "alpha", FIRST],
    ["nothing but transparency", row(NONE, NONE), "alpha", FIRST.map(() => 255)],
  ])("%s", (_, image, by, mask) => {
    const reading = readMask(image);
    expect([reading.by, [...reading.mask.data]]).toEqual([by, mask]);
  });

  test.each(["auto", "white"] as const)("a mask of several numbers is refused by %s, and told from shades", (mode) => {
    const numbered = row([1, 1, 1, 255], [2, 2, 2, 255]);
    expect(() => readMask(numbered, mode)).toThrow(
      "mask: expected white where to repaint, got one that numbers things from 0 to 2",
    );
    expect([...readMask(row([1, 1, 1, 255], [20, 20, 20, 255]), mode).mask.data]).toEqual(
      FIRST.map((v) => (v > 0 ? 1 : 20)),
    );
  });

  test.each<[name: string, image: RgbaImage, white: number[], alpha: number[]]>([
    ["white strokes on transparent", row(WHITE, NONE), FIRST, OTHERS],
    ["white strokes on transparent white", row(WHITE, [255, 255, 255, 0]), FIRST, OTHERS],
    ["white with a transparent hole", row(NONE, WHITE), OTHERS, FIRST],
    [
      "a black and white mask with transparent parts",
      row(NONE, (i) => (i < 6 ? WHITE : BLACK)),
      [0, 0, 0, 255, 255, 255, 0, 0, 0, 0],
      FIRST,
    ],
    ["a mask whose alpha was lost", row([255, 255, 255, 0], [0, 0, 0, 0]), FIRST, FIRST.map(() => 255)],
  ])("%s does not: the mode is asked for, and either can be given", (_, image, white, alpha) => {
    expect(() => readMask(image)).toThrow(MaskModeError);
    expect(() => readMask(image)).toThrow(
      /^maskMode: expected white or alpha for a mask .* white repaints \d+ % .* alpha \d+ %/,
    );
    expect([...maskFromImage(image, "white").data]).toEqual(white);
    expect([...maskFromImage(image, "alpha").data]).toEqual(alpha);
  });

  test("soft and coloured strokes on transparent are asked for too", () => {
    const soft = row([255, 255, 255, 128], NONE);
    soft.data.set([254, 255, 253, 255], 0);
    expect(() => readMask(soft)).toThrow(MaskModeError);
    expect(() => readMask(row([220, 30, 30, 255], NONE))).toThrow(MaskModeError);
  });
});

test("one line says how a mask was read", () => {
  expect(describeMask(readMask(row(WHITE, BLACK)))).toBe("read by brightness: white is repainted, 30 % of the picture");
  expect(describeMask(readMask(row(NONE, photo)))).toBe("read by alpha: transparent is repainted, 30 % of the picture");
  expect(describeMask(readMask(row([1, 1, 1, 255], BLACK)))).toBe(
    "read by brightness: white is repainted, values 0 and 1 as 0 and 255, 30 % of the picture",
  );
  expect(describeMask(readMask(row([51, 51, 51, 255], BLACK)))).toBe(
    "read by brightness: white is repainted, 30 % of the picture; 30 % in part, 20 % at most",
  );
});
