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
  const half = row([128, 128, 128, 255], (i) => (i < 5 ? WHITE : BLACK));
  expect(describeMask(readMask(half))).toBe(
    "read by brightness: white is repainted, 50 % of the picture; 30 % in part",
  );
  expect(describeMask(readMask(row([3, 3, 3, 255], BLACK)))).toContain("values 0 and 3 as 0 and 255");
});

test("shares near nothing and near all are not rounded to them", () => {
  const share = (repainted: number, of: number) => {
    const data = new Uint8Array(of).fill(255, 0, repainted);
    return describeMask({ mask: { data, width: of, height: 1 }, by: "white", isScaled: false });
  };
  const shown = [
    [0, 4],
    [1, 2000],
    [1, 1000],
    [999, 1000],
    [1999, 2000],
    [4, 4],
  ].map(([repainted, of]) => /repainted, (.*) of the picture/.exec(share(repainted!, of!))![1]);
  expect(shown).toEqual(["0 %", "under 0.1 %", "0.1 %", "99.9 %", "over 99.9 %", "100 %"]);
});

test("the error says how much each way repaints", () => {
  const image = row(WHITE, NONE);
  expect(() => readMask(image)).toThrow(/white repaints 30 % .* alpha 70 %/);
  let caught: unknown;
  try {
    readMask(image);
  } catch (error) {
    caught = error;
  }
  expect((caught as MaskModeError).shares).toEqual({ white: 0.3, alpha: 0.7 });
});

describe("edges of the rules", () => {
  const masked = (image: RgbaImage, mode?: "white" | "alpha") => [...maskFromImage(image, mode).data];
  const isAsked = (image: RgbaImage) => expect(() => readMask(image)).toThrow(MaskModeError);
  const grey = (value: number, alpha = 255): Pixel => [value, value, value, alpha];

  test("masks of several rows", () => {
    const image = { data: Uint8Array.from([NONE, WHITE, BLACK, NONE].flat()), width: 2, height: 2 };
    expect(masked(image, "alpha")).toEqual([255, 0, 0, 255]);
  });

  test("alpha of 0 and 1 is scaled, of 1 and more is not, of 0 alone need not be", () => {
    expect(masked(row(grey(0, 1), BLACK), "alpha")).toEqual(FIRST.map((value) => (value > 0 ? 254 : 0)));
    expect(readMask(row(NONE, NONE)).isScaled).toBe(false);
    expect(readMask(row(NONE, grey(0, 1))).isScaled).toBe(true);
  });

  test("pictures are transparent below an alpha of 250, pixels below 128", () => {
    expect(readMask(row(grey(255, 250), grey(0, 250))).by).toBe("white");
    isAsked(row(grey(255, 249), grey(0, 249)));
    const colours = (alpha: number) => row(NONE, (i) => [20 * i, 255 - 20 * i, 90, alpha]);
    expect(masked(colours(128))).toEqual(FIRST.map((value) => (value > 0 ? 255 : 127)));
    isAsked(colours(127));
  });

  test("brightness under part transparency counts in part", () => {
    expect(masked(row(grey(200, 128), BLACK), "white").slice(0, 4)).toEqual([100, 100, 100, 0]);
    expect(masked(row([128, 0, 0, 200], BLACK), "white").slice(0, 4)).toEqual([30, 30, 30, 0]);
  });

  test("numbers go up to 15, in any order", () => {
    expect(masked(row(grey(15), BLACK))).toEqual(FIRST);
    expect(masked(row(grey(16), BLACK))).toEqual(FIRST.map((value) => (value > 0 ? 16 : 0)));
    const numbered = row(grey(3), (i) => grey(i < 5 ? 1 : 2));
    expect(() => readMask(numbered)).toThrow("got one that numbers things from 0 to 3;");
  });

  test("one colour on black is a mark, two are not, nor is what may be grey", () => {
    const pixels = (first: Pixel, last: Pixel) => row(first, (i) => (i === 9 ? last : BLACK));
    expect(masked(pixels([200, 0, 0, 255], [200, 0, 0, 255])).at(-1)).toBe(255);
    expect([
      masked(pixels([200, 0, 0, 255], [200, 0, 100, 255])).at(0),
      masked(pixels([200, 0, 0, 255], [200, 0, 100, 255])).at(-1),
    ]).toEqual([60, 71]);
    expect(masked(pixels([200, 0, 0, 255], [100, 0, 0, 255])).at(-1)).toBe(30);
    expect(masked(row([100, 100, 108, 255], BLACK))[0]).toBe(101);
    expect(masked(row([100, 100, 109, 255], BLACK))[0]).toBe(255);
  });

  test("readings agree within 8", () => {
    expect(readMask(row(grey(247, 0), BLACK)).by).toBe("alpha");
    isAsked(row(grey(246, 0), BLACK));
  });

  test("colours within 16 are one; black is up to 8, white from 247 on", () => {
    const photoOf = (a: Pixel, b: Pixel) => row(NONE, (i) => (i % 2 === 0 ? a : b));
    isAsked(photoOf([100, 100, 100, 255], [100, 100, 116, 255]));
    expect(readMask(photoOf([100, 100, 100, 255], [100, 100, 117, 255])).by).toBe("alpha");
    isAsked(photoOf(grey(8), WHITE));
    expect(readMask(photoOf(grey(9), WHITE)).by).toBe("alpha");
    isAsked(photoOf(BLACK, grey(247)));
    expect(readMask(photoOf(BLACK, grey(246))).by).toBe("alpha");
  });
});
