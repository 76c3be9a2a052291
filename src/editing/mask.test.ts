import { expect, test } from "vitest";
import { checkMask, holeOf, isSoft, maskFromText, maskToText, plainMask } from "./mask.ts";

const mask = (...values: number[]) => ({ data: Uint8Array.from(values), width: values.length, height: 1 });

test("a mask has the picture's size and repaints something", () => {
  const size = { width: 2, height: 3 };
  const good = plainMask(2, 3, 1);
  expect(good.data).toEqual(Uint8Array.of(1, 1, 1, 1, 1, 1));
  expect(checkMask(good, size)).toBe(good);
  expect(() => checkMask({ ...good, data: Uint8Array.of(0, 0, 0, 0, 0, 9) }, size)).not.toThrow();
  expect(() => checkMask(plainMask(3, 3, 1), size)).toThrow("mask: expected the picture's size, 2x3, got 3x3");
  expect(() => checkMask(plainMask(2, 2, 1), size)).toThrow("mask: expected the picture's size, 2x3, got 2x2");
  expect(() => checkMask({ ...good, data: new Uint8Array(5).fill(1) }, size)).toThrow("mask: expected 6 values, got 5");
  expect(() => checkMask(plainMask(2, 3, 0), size)).toThrow("mask: expected something to repaint (white)");
});

test("soft where a value lies between; what is repainted in part belongs to the hole", () => {
  expect([mask(0, 255), mask(0, 1), mask(254, 255), mask(0, 0), mask(255)].map(isSoft)).toEqual([
    false,
    true,
    true,
    false,
    false,
  ]);
  expect(holeOf(mask(0, 1, 254, 255))).toEqual(Uint8Array.of(0, 1, 1, 1));
});

test("runs as text", () => {
  expect(maskToText(mask())).toBe("");
  expect(maskToText(mask(7))).toBe("7*1");
  expect(maskFromText("73*2,0*1", 3, 1)).toEqual(mask(255, 255, 0));
  for (const text of ["74*3", "0*3x", "x0*3", "0*4", "0*1,0*3", "0**3", "0*3,", "000*3", "A*3"])
    expect(() => maskFromText(text, 3, 1), text).toThrow("mask: expected runs of 3 values, got");
  // The run at fault is named, its first 40 characters.
  for (const [text, run] of [
    ["0*4", "0*4"],
    ["0*2,73*2", "73*2"],
    ["0*3-", "0*3-"],
    [`0*${"3".repeat(60)}`, `0*${"3".repeat(38)}`],
  ])
    expect(() => maskFromText(text!, 3, 1), text).toThrow(`got "${run}"`);
  expect(() => maskFromText("0*2", 3, 1)).toThrow("mask: expected runs of 3 values, got 2");
  expect(() => maskFromText("0*0000001", 1, 1)).not.toThrow();
  expect(() => maskFromText("0*00000001", 1, 1)).toThrow('got "0*00000001"');
});
