import { describe, expect, it } from "vitest";
import { cropRgb, fromByte, planarToRgb, type RgbImage, rgbToPlanar, sliceBatch, toByte } from "./pixels.ts";
import { contactSheet } from "./sheet.ts";

function gradient(width: number, height: number, start = 0): RgbImage {
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i + start) & 255) };
}

describe("bytes and floats", () => {
  it("round-trip every byte", () => {
    for (let byte = 0; byte < 256; byte++) expect(toByte(Math.fround(fromByte(byte)))).toBe(byte);
  });

  it("clamp, and round halves up", () => {
    expect([-7, -1, 1, 3, Number.NaN, Infinity, -Infinity].map(toByte)).toEqual([0, 0, 255, 255, 0, 255, 0]);
    expect(toByte(0)).toBe(128);
    expect(toByte(0.51 / 127.5 - 1)).toBe(1);
    expect(toByte(0.49 / 127.5 - 1)).toBe(0);
  });
});

describe("batches", () => {
  it("change layout there and back", () => {
    const images = [gradient(3, 2), gradient(3, 2, 100)];
    const batch = rgbToPlanar(images);
    expect(batch.data[3 * 2 + 1]).toBeCloseTo(fromByte(images[0]!.data[3 + 1]!), 6);
    expect([0, 1].map((i) => planarToRgb(batch, i))).toEqual(images);
    expect(planarToRgb(sliceBatch(batch, 1))).toEqual(images[1]);
  });

  it("crop while converting", () => {
    const image = gradient(5, 4);
    const rect = { left: 1, top: 2, width: 3, height: 2 };
    expect(planarToRgb(rgbToPlanar([image]), 0, rect)).toEqual(cropRgb(image, rect));
    expect([...cropRgb(image, { left: 4, top: 3, width: 1, height: 1 }).data]).toEqual([57, 58, 59]);
  });

  it("refuse wrong sizes in words", () => {
    const batch = rgbToPlanar([gradient(2, 2)]);
    expect(() => sliceBatch(batch, 1)).toThrow("expected a picture from 0 to 0, got 1");
    expect(() => sliceBatch({ ...batch, width: 3 }, 0)).toThrow("expected 1x3x2x3 = 18 values, got 12");
    expect(() => rgbToPlanar([gradient(2, 2), gradient(3, 2)])).toThrow("expected 2x2 as the first, got 3x2");
    expect(() => rgbToPlanar([])).toThrow("at least one picture");
    expect(() => cropRgb(gradient(2, 2), { left: 1, top: 0, width: 2, height: 1 })).toThrow("a part of 2x2 pixels");
  });
});

describe("contact sheet", () => {
  it("lays pictures out row by row with margins", () => {
    const dot = (v: number): RgbImage => ({ width: 1, height: 1, data: Uint8Array.of(v, v, v) });
    const sheet = contactSheet([dot(1), dot(2), dot(3)], { columns: 2, margin: 1, background: [9, 9, 9] });
    expect([sheet.width, sheet.height]).toEqual([5, 5]);
    const red = Array.from({ length: 25 }, (_, i) => sheet.data[3 * i]);
    expect(red).toEqual([9, 9, 9, 9, 9, 9, 1, 9, 2, 9, 9, 9, 9, 9, 9, 9, 3, 9, 9, 9, 9, 9, 9, 9, 9]);
  });

  it("centres smaller pictures and is as square as possible", () => {
    const sheet = contactSheet([gradient(4, 2), gradient(2, 2)], { margin: 0 });
    expect([sheet.width, sheet.height]).toEqual([8, 2]);
    expect([...sheet.data.subarray(12, 18)]).toEqual([255, 255, 255, 0, 1, 2]);
    expect(() => contactSheet([])).toThrow("at least one picture");
    expect(() => contactSheet([gradient(1, 1)], { columns: 0 })).toThrow("columns of at least 1, got 0");
  });
});
