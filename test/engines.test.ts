import { expect, test } from "vitest";
import { satisfies } from "../scripts/lib/ranges.mjs";

const allowed = [
  ">=20.19.0",
  "^20.19.0 || >=22.12.0",
  ">= 18",
  "20.x",
  "*",
  "",
  "~20.19",
  "18 || 20",
  ">=10 <21",
  "^20.9",
  "16 - 20",
  "20",
  "<=20.19",
];
const excluded = [
  ">=22",
  "^18.0.0 || ^22",
  ">20",
  "20.18.x",
  "<20.19.0",
  "^20.19.1",
  "~20.18.0",
  "14 - 18",
  ">20.19.0",
  ">=20.19.5",
  "^0.20",
];

test.each(allowed)("20.19.0 lies in %j", (range) => {
  expect(satisfies([20, 19, 0], range)).toBe(true);
});

test.each(excluded)("20.19.0 lies outside %j", (range) => {
  expect(satisfies([20, 19, 0], range)).toBe(false);
});

test("^ holds the first part that is not zero", () => {
  expect(satisfies([0, 2, 9], "^0.2.3")).toBe(true);
  expect(satisfies([0, 3, 0], "^0.2.3")).toBe(false);
  expect(satisfies([0, 0, 4], "^0.0.3")).toBe(false);
});

test("text that is no range is refused", () => {
  expect(() => satisfies([20, 19, 0], "current")).toThrow('range: expected a version comparator, got "current"');
});
