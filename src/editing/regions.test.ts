import { expect, test } from "vitest";
import { regionsOf } from "./regions.ts";

/** A hole drawn with `#`, and its regions as [left, top, width, height]. */
function regions(side: number, ...rows: readonly string[]): number[][] {
  const hole = Uint8Array.from(rows.join(""), (char) => (char === "#" ? 1 : 0));
  return regionsOf(hole, rows[0]!.length, rows.length, side).map(({ left, top, width, height }) => [
    left,
    top,
    width,
    height,
  ]);
}

test("parts touch along sides and corners, in every direction", () => {
  expect(regions(0, "..#", ".#.", "#..")).toEqual([[0, 0, 3, 3]]);
  expect(regions(0, "#..", ".#.", "..#")).toEqual([[0, 0, 3, 3]]);
  expect(regions(0, "..#", "..#", "###")).toEqual([[0, 0, 3, 3]]);
  // Not around the end of a row.
  expect(regions(0, "..#", "#..")).toEqual([
    [2, 0, 1, 1],
    [0, 1, 1, 1],
  ]);
});

test("parts that fit the side together are joined; both axes count, the side itself fits", () => {
  const apart = ["#..#", "....", "#..."];
  expect(regions(4, ...apart)).toEqual([[0, 0, 4, 3]]);
  expect(regions(3, ...apart)).toEqual([
    [0, 0, 1, 3],
    [3, 0, 1, 1],
  ]);
  expect(regions(2, ...apart)).toHaveLength(3);
  expect(regions(4, "#...#")).toHaveLength(2);
  expect(regions(5, "#...#")).toEqual([[0, 0, 5, 1]]);
  const upright = ["#", ".", ".", ".", "#"];
  expect(regions(4, ...upright)).toHaveLength(2);
  expect(regions(5, ...upright)).toEqual([[0, 0, 1, 5]]);
  // The side bounds the box, not where it lies.
  expect(regions(3, "....", "....", "....", ".#.#")).toEqual([[1, 3, 3, 1]]);
});

test("a part inside another's box belongs to it, however small the side", () => {
  expect(regions(0, "#####", "#...#", "#.#.#", "#...#", "#####")).toEqual([[0, 0, 5, 5]]);
});

test.each([
  ["left", ["..#####", "......#", "###...#", "......#", "..#####"]],
  ["right", ["#####..", "#......", "#...###", "#......", "#####.."]],
  ["top", ["..#..", "..#..", "#.#.#", "#...#", "#...#", "#####"]],
  ["bottom", ["#####", "#...#", "#...#", "#.#.#", "..#..", "..#.."]],
])("one that stands out at the %s does not", (_, rows) => {
  expect(regions(1, ...rows)).toHaveLength(2);
});
