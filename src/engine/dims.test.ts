import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addDims,
  broadcastShapes,
  type Dim,
  dimTerms,
  evaluateDim,
  expectShape,
  floorDivDim,
  mulDims,
  normalizeAxis,
  sizeOf,
  subDims,
} from "./dims.ts";

const values = fc.record({ B: fc.nat(9), l: fc.nat(9), h: fc.nat(9) });
const leaf = fc.oneof(
  fc.integer({ min: -9, max: 9 }),
  fc.constantFrom<Dim>("B", "l", "h", "16*h", "B*l", "h-2", "l+B"),
);
const dims = fc.letrec<{ dim: Dim }>((tie) => ({
  dim: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.tuple(tie("dim"), tie("dim")).map(([a, b]) => addDims(a, b)),
    fc.tuple(tie("dim"), tie("dim")).map(([a, b]) => subDims(a, b)),
    fc.tuple(leaf, leaf).map(([a, b]) => mulDims(a, b)),
  ),
})).dim;

describe("dimension algebra agrees with arithmetic", () => {
  test("sums, differences and products", () => {
    fc.assert(
      fc.property(dims, dims, values, (a, b, at) => {
        const [x, y] = [evaluateDim(a, at), evaluateDim(b, at)];
        expect(evaluateDim(addDims(a, b), at)).toBe(x + y);
        expect(evaluateDim(subDims(a, b), at)).toBe(x - y);
        expect(evaluateDim(mulDims(a, b), at)).toBe(x * y + 0);
      }),
    );
  });

  test("equal polynomials are the same value, however they were made", () => {
    fc.assert(
      fc.property(dims, dims, dims, (a, b, c) => {
        expect(addDims(a, b)).toBe(addDims(b, a));
        expect(mulDims(a, b)).toBe(mulDims(b, a));
        expect(addDims(addDims(a, b), c)).toBe(addDims(a, addDims(b, c)));
        expect(mulDims(addDims(a, b), c)).toBe(addDims(mulDims(a, c), mulDims(b, c)));
        expect(subDims(a, a)).toBe(0);
      }),
    );
  });

  test("a printed dimension reads back as itself", () => {
    fc.assert(
      fc.property(dims, (a) => {
        const printed = addDims(a, 0);
        expect(addDims(printed, 0)).toBe(printed);
      }),
    );
  });

  test("floor division of multiples and constants", () => {
    fc.assert(
      fc.property(dims, fc.integer({ min: 1, max: 6 }), fc.integer({ min: -20, max: 20 }), values, (a, d, rest, at) => {
        const multiple = addDims(mulDims(a, d), rest);
        expect(evaluateDim(floorDivDim(multiple, d), at)).toBe(Math.floor(evaluateDim(multiple, at) / d));
      }),
    );
  });

  test("terms", () => {
    expect(dimTerms("2*B*l-h+3")).toEqual([
      { coefficient: 2, symbols: ["B", "l"] },
      { coefficient: -1, symbols: ["h"] },
      { coefficient: 3, symbols: [] },
    ]);
    expect(dimTerms(0)).toEqual([]);
  });
});

describe("canonical text", () => {
  test.each<[Dim, Dim]>([
    [addDims("l", "p"), "l+p"],
    [addDims("p", "l"), "l+p"],
    [mulDims("l", "B"), "B*l"],
    [mulDims(16, "h"), "16*h"],
    [subDims(mulDims(16, "h"), 2), "16*h-2"],
    [subDims(0, "h"), "-h"],
    [subDims("l+p", "p"), "l"],
    [mulDims("h", 0), 0],
    [sizeOf(["B", 2, "h", 3, "B"]), "6*B*B*h"],
    [sizeOf([]), 1],
  ])("%s is %s", (actual, expected) => {
    expect(actual).toBe(expected);
  });
});

describe("errors say what was expected", () => {
  test("a remainder that depends on a symbol", () => {
    expect(() => floorDivDim("3*h", 2)).toThrow("expected 3*h to be divisible by 2 (declare the input as a multiple");
  });
  test("text that is no polynomial", () => {
    expect(() => addDims("h/2", 1)).toThrow('expected an integer or a polynomial over names, got "h/2"');
  });
  test("a symbol without a value", () => {
    expect(() => evaluateDim("B*l", { B: 2 })).toThrow('dimension B*l: expected a value for "l", got none');
  });
  test("shapes that do not broadcast", () => {
    expect(broadcastShapes("Add", ["B", 1, 3], ["l", 1])).toEqual(["B", "l", 3]);
    expect(() => broadcastShapes("Add", ["B", 3], ["l", 3])).toThrow(
      "Add of [B, 3] and [l, 3]: expected dimensions that are equal or 1, got B and l",
    );
  });
  test("an axis out of range", () => {
    expect(normalizeAxis("Concat", -1, 3)).toBe(2);
    expect(() => normalizeAxis("Concat", 3, 3)).toThrow("Concat: expected an axis in -3..2, got 3");
  });
  test("another shape", () => {
    expect(() => expectShape("block", ["B", 2], ["B", 3])).toThrow("block: expected shape [B, 3], got [B, 2]");
  });
});
