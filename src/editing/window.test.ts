import { describe, expect, test } from "vitest";
import { planWindows, type WindowPass } from "./window.ts";

const options = { factor: 4, window: 64 };
const box = (left: number, top: number, width: number, height: number) => ({ left, top, width, height });

/** A hole of boxes. */
function holeOf(width: number, height: number, ...boxes: readonly ReturnType<typeof box>[]): Uint8Array {
  const hole = new Uint8Array(width * height);
  for (const { left, top, width: w, height: h } of boxes)
    for (let y = top; y < top + h; y++) hole.fill(1, y * width + left, y * width + left + w);
  return hole;
}
const plan = (width: number, height: number, part: ReturnType<typeof box>, more = {}) =>
  planWindows(holeOf(width, height, part), width, height, { ...options, ...more });

describe("one window over all", () => {
  const all = (width: number, height: number, w = width, h = height): WindowPass[] => [
    { rect: box(0, 0, w, h), work: { width: w, height: h }, paste: box(0, 0, width, height), draft: false },
  ];
  test.each([
    [64, 40, 64, 40],
    [40, 64, 40, 64],
    [62, 39, 64, 40],
  ])("a picture of %dx%d, up to the window's side", (width, height, w, h) => {
    expect(plan(width, height, box(1, 1, 2, 2))).toEqual(all(width, height, w, h));
  });
  test("any picture where it is asked for", () => {
    expect(plan(401, 300, box(1, 1, 2, 2), { whole: true })).toEqual(all(401, 300, 404, 300));
  });
  test.each([
    [65, 40],
    [40, 65],
  ])("not one of %dx%d", (width, height) => {
    const [pass] = plan(width, height, box(3, 5, 2, 2));
    expect(pass!.paste).toEqual(box(3, 5, 2, 2));
  });
});

test("a window is centred on its hole, inside the picture, with the padding around it", () => {
  expect(plan(400, 300, box(200, 100, 10, 20))).toEqual([
    { rect: box(173, 78, 64, 64), work: { width: 64, height: 64 }, paste: box(200, 100, 10, 20), draft: false },
  ]);
  // 50 + 2·16 pixels, up to whole cells.
  expect(plan(400, 300, box(390, 0, 10, 50))[0]!.rect).toEqual(box(336, 0, 64, 84));
  expect(plan(400, 300, box(200, 100, 60, 20), { padding: 5 })[0]!.rect).toEqual(box(194, 78, 72, 64));
});

test("holes share a window that leaves the padding at both sides", () => {
  const two = (gap: number, padding?: number) =>
    planWindows(holeOf(300, 300, box(100, 100, 4, 4), box(104 + gap, 100, 4, 4)), 300, 300, { ...options, padding });
  expect([two(24), two(25)].map((passes) => passes.length)).toEqual([1, 2]);
  expect([two(46, 5), two(47, 5)].map((passes) => passes.length)).toEqual([1, 2]);
});

test("a window grows to twice the side; beyond that its region is drafted", () => {
  for (const upright of [false, true]) {
    const long = (side: number) => plan(400, 400, upright ? box(40, 40, 4, side) : box(40, 40, side, 4));
    expect(long(96)).toHaveLength(1);
    expect(long(96)[0]!.draft).toBe(false);
    expect(long(97)[0]!.draft).toBe(true);
  }
});

test("a draft is as coarse as its shorter side needs, and tiles of a window less its paddings follow row by row", () => {
  const [draft, ...tiles] = plan(300, 300, box(0, 0, 224, 224));
  // 224 + 32 pixels, four times the window.
  expect(draft).toEqual({
    rect: box(0, 0, 256, 256),
    work: { width: 64, height: 64 },
    paste: box(0, 0, 224, 224),
    draft: true,
  });
  expect(tiles.map(({ paste }) => paste)).toEqual(
    Array.from({ length: 49 }, (_, k) => box(32 * (k % 7), 32 * Math.floor(k / 7), 32, 32)),
  );
  expect(tiles[8]).toEqual({
    rect: box(16, 16, 64, 64),
    work: { width: 64, height: 64 },
    paste: box(32, 32, 32, 32),
    draft: false,
    zoom: 4,
  });
});

test("a long strip is no longer than four windows in its draft; tiles without room between paddings are of a cell", () => {
  const strip = planWindows(new Uint8Array(600 * 64).fill(1), 600, 64, options);
  expect(strip[0]!.work).toEqual({ width: 256, height: 28 });
  expect(strip).toHaveLength(1 + 19 * 2);
  expect(strip[1]!.zoom).toBeCloseTo(600 / 256, 12);
  const narrow = plan(400, 400, box(0, 0, 80, 8), { padding: 32 });
  expect(narrow[0]!.draft).toBe(true);
  expect(narrow.slice(1)).toHaveLength(20 * 2);
});
