import { describe, expect, it } from "vitest";
import { formatGreedy, isGreedyScale, parseGreedy } from "./greedy.ts";

const square = (n: number, maxGrid = 16, trainedSide = 16) => ({
  grid: [n, n] as const,
  baseSize: n,
  trainedSide,
  maxGrid,
});

describe("greedy policies", () => {
  it("released: sizes beyond the largest grid or off the list", () => {
    const released = parseGreedy("released");
    const greedy = Array.from({ length: 33 }, (_, i) => i + 1).filter((n) => isGreedyScale(released, square(n)));
    expect(greedy.slice(0, 7)).toEqual([7, 9, 11, 12, 14, 15, 17]);
    expect(greedy).toHaveLength(33 - 10);
    const wide = [22, 23, 24, 32].map((n) => isGreedyScale(released, square(n, 32)));
    expect(wide).toEqual([true, false, false, false]);
    expect([1, 2, 4, 6, 8].map((n) => isGreedyScale(released, square(n, 4)))).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  it("released: rectangles by their base size", () => {
    expect(isGreedyScale({ kind: "released" }, { ...square(16), grid: [16, 32] })).toBe(false);
    expect(isGreedyScale({ kind: "released" }, { ...square(23), grid: [16, 32] })).toBe(true);
  });

  it("released: only where it is defined", () => {
    expect(() => isGreedyScale({ kind: "released" }, square(4, 8, 8))).toThrow(
      "greedy: expected none or a list of grids for a model trained to 8x8 (released is defined for 16x16 only), got released",
    );
  });

  it("none and lists", () => {
    expect(isGreedyScale(parseGreedy("none"), square(31))).toBe(false);
    const list = parseGreedy("16,4x6");
    expect(isGreedyScale(list, square(16))).toBe(true);
    expect(isGreedyScale(list, { ...square(16), grid: [16, 32] })).toBe(true);
    expect(isGreedyScale(list, { ...square(5), grid: [4, 6] })).toBe(true);
    expect(isGreedyScale(list, { ...square(5), grid: [6, 4] })).toBe(false);
    expect(isGreedyScale(parseGreedy("4x4"), { ...square(4), grid: [4, 8] })).toBe(false);
  });

  it("reads what it writes, and refuses the rest", () => {
    for (const text of ["released", "none", "16,23", "16,4x6,3x3"]) expect(formatGreedy(parseGreedy(text))).toBe(text);
    expect(() => parseGreedy("always")).toThrow("expected released, none or a list of grids such as 16,23, 4x6 or 13+");
    expect(() => parseGreedy("")).toThrow("expected released");
    expect(() => parseGreedy("16,")).toThrow("expected released");
    for (const text of ["a16", "x16", "16, x4"]) expect(() => parseGreedy(text)).toThrow(/expected released.*got "/);
    expect(parseGreedy(" none ")).toEqual({ kind: "none" });
    for (const cross of ["x", "X", "×"])
      expect(parseGreedy(` 16 , 4${cross}6`)).toEqual({ kind: "list", sides: [16], grids: [[4, 6]] });
    expect(parseGreedy(" 13 + ")).toEqual({ kind: "list", sides: [], grids: [], from: 13 });
  });

  it("from a grid on", () => {
    const policy = parseGreedy("4, 13+,16+");
    expect([3, 4, 12, 13, 14, 40].map((n) => isGreedyScale(policy, square(n)))).toEqual([
      false,
      true,
      false,
      true,
      true,
      true,
    ]);
    expect(formatGreedy(policy)).toBe("4,13+");
    expect(parseGreedy(formatGreedy(policy))).toEqual(policy);
    expect(isGreedyScale(parseGreedy("13+"), { ...square(13), grid: [6, 13] })).toBe(true);
    for (const text of ["+", "13++", "4x6+", "0+", "13+4"]) expect(() => parseGreedy(text)).toThrow(/greedy: expected/);
  });
});
