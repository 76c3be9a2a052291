import fc from "fast-check";
import { expect, test } from "vitest";
import { QUANTUM, tiledLevels } from "./levels.ts";

test("levels double up to the size asked for; windows overlap and begin at whole cells of every grid they draw", () => {
  const levels = tiledLevels(192, 192, { factor: 4, window: 64 });
  expect(levels.map(({ width, zoom }) => [width, zoom])).toEqual([
    [64, 1],
    [128, 2],
    [192, 1.5],
  ]);
  expect(levels[1]!.scales).toEqual([
    [12, 12],
    [16, 16],
  ]);
  expect(levels[2]!.tops).toEqual([0, 8, 16, 24, 32]);
});

test("any size: every cell lies in a window, windows lie inside, begins are whole quanta", () => {
  const sizes = fc.record({
    width: fc.integer({ min: 1, max: 3000 }),
    height: fc.integer({ min: 1, max: 3000 }),
    factor: fc.constantFrom(2, 4, 16),
    cells: fc.integer({ min: 4, max: 24 }),
    padding: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(sizes, ({ width, height, factor, cells, padding }) => {
      const [first, ...rest] = tiledLevels(width, height, { factor, window: cells * factor, padding });
      expect(Math.min(first!.width, first!.height)).toBeLessThanOrEqual(cells * factor);
      expect(Math.max(first!.width, first!.height)).toBeLessThanOrEqual((4 * cells + 1) * factor);
      for (const { width: w, height: h, side, tops, lefts, zoom, scales } of rest) {
        expect(zoom).toBeLessThanOrEqual(2);
        expect(scales.at(-1)).toEqual(side);
        for (const [full, cell, begins] of [
          [h / factor, side[0], tops],
          [w / factor, side[1], lefts],
        ] as const) {
          expect(begins.every((begin) => begin % QUANTUM === 0)).toBe(true);
          expect(begins[0]).toBe(0);
          expect(begins.at(-1)! + cell).toBe(full);
          begins.slice(1).forEach((begin, i) => {
            expect(begin).toBeLessThanOrEqual(begins[i]! + cell);
          });
        }
      }
      const last = rest.at(-1);
      if (last !== undefined) expect(last.width >= width && last.width < width + QUANTUM * factor).toBe(true);
    }),
    { numRuns: 300 },
  );
});
