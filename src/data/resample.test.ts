import { describe, expect, it } from "vitest";
import { centreView } from "./augment.ts";
import type { Picture } from "./dataset.ts";
import { resample } from "./resample.ts";

/** Red rises along x, green along y, blue is constant. */
function ramp(width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set([10 * x, 10 * y, 77], 3 * (y * width + x));
  }
  return { width, height, data };
}

describe("resample", () => {
  it("copies a picture seen whole at its own size", () => {
    const picture = ramp(7, 7);
    const view = centreView(picture);
    expect(Array.from(resample(picture, view, 7, 7, "edge"), Math.round)).toEqual([...picture.data]);
  });

  it("gives what copying gives when a view is a hair off whole pixels", () => {
    const picture = ramp(9, 9);
    for (const flip of [false, true]) {
      const view = { left: 2, top: 1, width: 6, height: 6, flip };
      const copied = resample(picture, view, 6, 6, "edge");
      const computed = resample(picture, { ...view, left: 2 + 1e-9 }, 6, 6, "edge");
      for (const [i, value] of copied.entries()) expect(computed[i]).toBeCloseTo(value, 5);
      expect(copied[0]).toBe(flip ? 70 : 20);
    }
  });

  it("mirrors left and right, not top and bottom", () => {
    const picture = ramp(5, 5);
    const values = resample(picture, { ...centreView(picture), flip: true }, 5, 5, "edge");
    const red = [...values].filter((_, i) => i % 3 === 0);
    const green = [...values].filter((_, i) => i % 3 === 1);
    expect(red.slice(0, 5)).toEqual([40, 30, 20, 10, 0]);
    expect(green.filter((_, i) => i % 5 === 0)).toEqual([0, 10, 20, 30, 40]);
  });

  it("keeps a linear ramp linear when it shrinks, away from the edges", () => {
    const values = resample(ramp(24, 24), { left: 0, top: 0, width: 24, height: 24, flip: false }, 8, 8, "edge");
    for (let x = 3; x < 5; x++) expect(values[3 * (4 * 8 + x)]).toBeCloseTo(10 * (3 * x + 1), 3);
  });

  it("averages what it shrinks instead of picking pixels", () => {
    const data = new Uint8Array(32 * 32 * 3);
    for (let i = 0; i < 32 * 32; i++) data.fill((i + Math.floor(i / 32)) % 2 === 0 ? 0 : 200, 3 * i, 3 * i + 3);
    const values = resample(
      { width: 32, height: 32, data },
      { left: 0, top: 0, width: 32, height: 32, flip: false },
      4,
      4,
      "edge",
    );
    for (const value of values) expect(Math.abs(value - 100)).toBeLessThan(3);
  });

  it("shows the surround's colour beyond the edges, and with `edge` the edge pixels", () => {
    const picture: Picture = { width: 4, height: 4, data: new Uint8Array(48).fill(50) };
    const view = { left: -4, top: -4, width: 12, height: 12, flip: false };
    const white = resample(picture, view, 12, 12, [255, 254, 253]);
    expect([...white.slice(0, 3)]).toEqual([255, 254, 253]);
    expect(white[3 * (6 * 12 + 6)]).toBeCloseTo(50, 6);
    for (const value of resample(picture, view, 12, 12, "edge")) expect(value).toBeCloseTo(50, 6);
  });
});
