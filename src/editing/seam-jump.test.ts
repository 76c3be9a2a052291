import { expect, test } from "vitest";
import { seamJump } from "./seam.ts";

test("only pairs across the edge count, beside and above, over all channels", () => {
  const data = new Uint8Array(4 * 4 * 3);
  // The pixel at (1, 2) is the hole: its neighbours differ by 30, 0, 60 and 90 in one channel.
  const set = (x: number, y: number, value: number): void => {
    data[3 * (4 * y + x) + 1] = value;
  };
  set(1, 2, 100);
  set(0, 2, 70);
  set(2, 2, 100);
  set(1, 1, 160);
  set(1, 3, 10);
  set(3, 0, 255);
  const hole = new Uint8Array(16);
  hole[9] = 1;
  expect(seamJump({ data, width: 4, height: 4 }, hole)).toBeCloseTo((30 + 0 + 60 + 90) / 4 / 3, 10);
  expect(seamJump({ data, width: 4, height: 4 }, new Uint8Array(16).fill(1))).toBe(0);
  expect(() => seamJump({ data, width: 4, height: 4 }, new Uint8Array(3))).toThrow(/seam: expected a hole of 4x4/);
});
