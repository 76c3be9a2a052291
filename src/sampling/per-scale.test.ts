import { expect, test } from "vitest";
import { formatPerScale, mapPerScale, type PerScale, parsePerScale, valueAt } from "./per-scale.ts";

const values = (policy: PerScale, steps: number) => Array.from({ length: steps }, (_, i) => valueAt(policy, i, steps));

test.each<[PerScale, number, number[]]>([
  [4, 3, [4, 4, 4]],
  [[4, 2], 4, [4, 2, 2, 2]],
  [[4, 3, 2, 1], 2, [4, 3]],
  [{ from: 0, to: 9 }, 4, [0, 3, 6, 9]],
  [{ from: 0.9, to: 0.7 }, 3, [0.9, 0.8, 0.7]],
  [{ from: 5, to: 1 }, 1, [5]],
  [{ from: 5, to: 1 }, 2, [5, 1]],
])("%j over %i scales", (policy, steps, expected) => {
  const got = values(policy, steps);
  for (const [i, value] of expected.entries()) expect(got[i]).toBeCloseTo(value, 14);
  expect(got).toHaveLength(steps);
  if (steps > 1 && typeof policy === "object" && "to" in policy) expect(got.at(-1)).toBe(policy.to);
});

test.each<[string, PerScale]>([
  ["4,4,2", [4, 4, 2]],
  ["0.9..0.7", { from: 0.9, to: 0.7 }],
  [" 1 .. 1e-7 ", { from: 1, to: 1e-7 }],
])("%s is read, and read again as it is written", (text, policy) => {
  expect(parsePerScale(text)).toEqual(policy);
  expect(parsePerScale(String(formatPerScale(policy)))).toEqual(policy);
});

test("numbers are written as themselves, lists of one as their number", () => {
  expect([formatPerScale(2.5), formatPerScale([3])]).toEqual([2.5, 3]);
});

test.each(["", "4", "4,", "1..2..3", "..", "1..", "a..b", "1,Infinity", "1;2"])("%j is refused", (text) => {
  expect(() => parsePerScale(text)).toThrow(/perScale: expected a list by scale such as 4,4,2 or from\.\.to/);
});

test("every number is changed", () => {
  const cap = (n: number) => Math.min(n, 2);
  expect([4, [1, 4], { from: 3, to: 1 }].map((policy) => mapPerScale(policy as PerScale, cap))).toEqual([
    2,
    [1, 2],
    { from: 2, to: 1 },
  ]);
});
