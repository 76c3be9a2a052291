import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkGrid,
  checkGrids,
  equivalentSide,
  formatScales,
  type Grid,
  gridTokens,
  parseGrid,
  parseScales,
  sameGrid,
} from "./grid.ts";

describe("grids", () => {
  it("reads squares and rows x columns", () => {
    expect(parseScales("1, 2,4x6")).toEqual([
      [1, 1],
      [2, 2],
      [4, 6],
    ]);
    for (const text of ["3X2", "3×2", " 3 x 2 ", "3  x  2", "000000003x000000002"])
      expect(parseGrid(text)).toEqual([3, 2]);
    for (const text of ["12", " 12 "]) expect(parseGrid(text)).toEqual([12, 12]);
    expect(parseGrid("1024x1024")).toEqual([1024, 1024]);
    expect(parseScales(Array(64).fill("1").join(","))).toHaveLength(64);
  });

  it("says in words what is wrong", () => {
    expect(() => parseScales("")).toThrow("scales: expected a list of grids such as 1,2,4x6, got an empty text");
    expect(() => parseScales("  ")).toThrow("got an empty text");
    for (const text of ["a3", "3a", "3x", "x3", "3x2x1", "0000000001", "1x0000000001"])
      expect(() => parseGrid(text), text).toThrow(
        `grid: expected a grid such as 4 or 4x6 (rows x columns), got "${text}"`,
      );
    for (const grid of [
      [1.5, 2],
      [2, 0],
      [1, 1025],
    ] as const)
      expect(() => checkGrid(grid)).toThrow(`grid: expected grid sides from 1 to 1024, got ${grid.join("x")}`);
    expect(() => checkGrids([])).toThrow("scales: expected 1 to 64 grids, got 0");
    expect(() => parseScales("1,,2")).toThrow('scales: expected a grid such as 4 or 4x6 (rows x columns), got ""');
    expect(() => parseScales("1,-2")).toThrow("expected a grid");
    expect(() => parseScales("1,2.5")).toThrow("expected a grid");
    expect(() => parseScales("0")).toThrow("scales: expected grid sides from 1 to 1024, got 0x0");
    expect(() => parseGrid("4x2000", "max")).toThrow("max: expected grid sides from 1 to 1024, got 4x2000");
    expect(() => parseScales(Array(65).fill("1").join(","))).toThrow("expected 1 to 64 grids, got 65");
  });

  it("writes what it reads", () => {
    const side = fc.integer({ min: 1, max: 1024 });
    const lists = fc.array(fc.tuple(side, side) as fc.Arbitrary<Grid>, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(lists, (grids) => {
        expect(parseScales(formatScales(grids))).toEqual(grids);
      }),
    );
  });

  it("squares are written as one number, tokens counted", () => {
    const grids: Grid[] = [
      [3, 3],
      [4, 6],
    ];
    expect(formatScales(grids)).toBe("3,4x6");
    expect(grids.map(gridTokens)).toEqual([9, 24]);
  });

  it("are the same where rows and columns are", () => {
    expect(
      [
        [2, 3],
        [2, 4],
        [1, 3],
      ].map(([h, w]) => sameGrid([h!, w!], [2, 3])),
    ).toEqual([true, false, false]);
  });

  it("stands a rectangle for the side of equal area", () => {
    expect(equivalentSide([16, 32])).toBe(23);
    expect(equivalentSide([4, 6])).toBe(5);
  });
});
