import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawingAugment, paperAugment } from "../../test/support/augment.ts";
import { flatPicture } from "../../test/support/datasets.ts";
import { createRandom } from "../sampling/index.ts";
import { checkAugment, drawView, writeView } from "./augment.ts";

const side = fc.integer({ min: 8, max: 700 });

describe("drawView", () => {
  it("crops 0.88 to 1 of the short side, inside the picture", () => {
    fc.assert(
      fc.property(side, side, fc.integer(), (width, height, seed) => {
        const view = drawView({ width, height }, 64, paperAugment, createRandom(seed));
        const share = view.width / Math.min(width, height);
        expect(share).toBeGreaterThanOrEqual(64 / Math.round(64 / 0.88));
        expect(share).toBeLessThanOrEqual(1);
        expect(view.height).toBe(view.width);
        // The resized picture's long side is rounded to whole pixels: half of one may lie beyond the edge.
        const slack = 0.51 * (view.width / 64);
        expect(view.left).toBeGreaterThanOrEqual(0);
        expect(view.top).toBeGreaterThanOrEqual(0);
        expect(view.left + view.width).toBeLessThanOrEqual(width + slack);
        expect(view.top + view.height).toBeLessThanOrEqual(height + slack);
      }),
    );
  });

  it("uses the whole range of crops and offsets, and mirrors about half", () => {
    const random = createRandom(1);
    const views = Array.from({ length: 400 }, () => drawView({ width: 100, height: 100 }, 64, paperAugment, random));
    expect(Math.max(...views.map((v) => v.width))).toBe(100);
    expect(Math.min(...views.map((v) => v.width))).toBeLessThan(89);
    expect(Math.max(...views.map((v) => v.left))).toBeGreaterThan(9);
    expect(views.filter((v) => v.flip).length).toBeGreaterThan(160);
    expect(views.filter((v) => v.flip).length).toBeLessThan(240);
  });

  it("shrinks and moves drawings within the canvas", () => {
    const random = createRandom(2);
    const views = Array.from({ length: 200 }, () => drawView({ width: 64, height: 64 }, 64, drawingAugment, random));
    const widths = views.map((v) => v.width);
    expect(Math.max(...widths)).toBeGreaterThan(74);
    expect(Math.max(...widths)).toBeLessThanOrEqual(64 / 0.85 + 1e-9);
    expect(Math.min(...widths)).toBeGreaterThanOrEqual(64);
    for (const view of views) expect(Math.abs(view.left + view.width / 2 - 32)).toBeLessThanOrEqual(0.06 * view.width);
  });
});

describe("writeView", () => {
  it("writes channels first in [-1, 1] at its place of the batch", () => {
    const picture = { width: 2, height: 2, data: Uint8Array.from([255, 0, 51, 255, 0, 51, 255, 0, 51, 255, 0, 51]) };
    const out = new Float32Array(2 * 12).fill(9);
    writeView(picture, { left: 0, top: 0, width: 2, height: 2, flip: false }, 2, "edge", out, 1);
    expect([...out.slice(0, 12)]).toEqual(new Array(12).fill(9));
    expect([...out.slice(12, 16)]).toEqual([1, 1, 1, 1]);
    expect([...out.slice(16, 20)]).toEqual([-1, -1, -1, -1]);
    for (const value of out.slice(20)) expect(value).toBeCloseTo(-0.6, 6);
  });

  it("stays in [-1, 1] where the cubic overshoots", () => {
    const picture = flatPicture(255, 8);
    picture.data.fill(0, 0, 96);
    const out = new Float32Array(3 * 64 * 64);
    writeView(picture, { left: 0, top: 0, width: 8, height: 8, flip: false }, 64, "edge", out, 0);
    expect(Math.max(...out)).toBe(1);
    expect(Math.min(...out)).toBe(-1);
  });
});

describe("checkAugment", () => {
  it("names the option that is wrong", () => {
    expect(() => checkAugment({ ...paperAugment, crop: [0.9, 1.2] })).toThrow("augment.crop: expected 0 < low");
    expect(() => checkAugment({ ...paperAugment, flip: 2 })).toThrow("augment.flip: expected a probability, got 2");
  });
});
