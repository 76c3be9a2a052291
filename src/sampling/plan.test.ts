import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatScales, type Grid } from "./grid.ts";
import { type PlanRequest, planScales } from "./plan.ts";
import { possibleSteps, sizesBeyond, tableSizes } from "./tables.ts";

const released = { factor: 16, trainedSide: 16 };
const square = (px: number) => ({ width: px, height: px });
const list = (request: Partial<PlanRequest>) => formatScales(planScales({ ...released, ...request }).grids);

describe("published step tables", () => {
  it.each([
    [6, "1,2,4,6,10,16"],
    [7, "1,2,3,5,8,11,16"],
    [8, "1,2,3,4,6,10,13,16"],
    [9, "1,2,3,4,5,7,10,13,16"],
    [10, "1,2,3,4,5,6,8,10,13,16"],
    [11, "1,2,3,4,5,6,7,9,11,13,16"],
    [12, "1,2,3,4,5,6,7,8,10,12,14,16"],
    [13, "1,2,3,4,5,6,7,8,9,10,12,14,16"],
    [14, "1,2,3,4,5,6,7,8,9,10,11,12,14,16"],
  ])("%i steps at 256 px", (steps, expected) => {
    expect(list({ steps })).toBe(expected);
    expect(list({ steps, sizePx: square(256) })).toBe(expected);
  });

  it("uses ten steps by default, and the released eight by name", () => {
    expect(list({})).toBe("1,2,3,4,5,6,8,10,13,16");
    expect(list({ defaultSteps: 7 })).toBe("1,2,3,5,8,11,16");
    expect([3, 20].map((defaultSteps) => list({ defaultSteps }))).toEqual([list({ steps: 6 }), list({ steps: 14 })]);
    expect(list({ defaultSteps: 8, table: "released" })).toBe("1,2,3,5,7,10,13,16");
    expect(list({ steps: 8, table: "released" })).toBe("1,2,3,5,7,10,13,16");
    expect(list({ steps: 9, table: "released" })).toBe("1,2,3,4,5,7,10,13,16");
  });

  it("adds the published larger grids", () => {
    expect(list({ sizePx: square(384) })).toBe("1,2,3,4,5,6,8,10,13,16,24");
    expect(list({ sizePx: square(384), steps: 11 })).toBe("1,2,3,4,5,6,8,10,13,16,24");
    expect(list({ sizePx: square(512) })).toBe("1,2,3,4,5,6,8,10,13,16,23,32");
    expect(list({ sizePx: square(512), steps: 12 })).toBe("1,2,3,4,5,6,8,10,13,16,23,32");
    expect(list({ sizePx: square(512), steps: 15 })).toBe("1,2,3,4,5,6,7,8,9,10,12,14,16,23,32");
  });

  it("refuses other step counts by name of the largest", () => {
    expect(() => list({ steps: 15 })).toThrow(/steps: expected one of 6, 7, .*14 \(at most 14\).*16x16 grids, got 15/);
    expect(() => list({ steps: 5 })).toThrow("got 5");
    expect(() => list({ steps: 7, sizePx: square(512) })).toThrow(
      /one of 8, .*16 \(at most 16\).*2 step\(s\) beyond, got 7/,
    );
    expect(() => list({ steps: 0 })).toThrow("steps: expected a whole number above 0, got 0");
    expect(() => list({ steps: 6.5 })).toThrow("got 6.5");
    expect(() => list({ factor: 0 })).toThrow("planScales: factor: expected a whole number above 0, got 0");
    expect(() => list({ trainedSide: 0.5 })).toThrow(
      "planScales: trainedSide: expected a whole number above 0, got 0.5",
    );
  });
});

describe("other trained sides", () => {
  it("rounds s·G/16 and removes duplicates", () => {
    expect(list({ trainedSide: 8 })).toBe("1,2,3,4,5,7,8");
    expect(list({ trainedSide: 4, factor: 4 })).toBe("1,2,3,4");
    expect(list({ trainedSide: 32 })).toBe("1,4,6,8,10,12,16,20,26,32");
    expect(list({ trainedSide: 1 })).toBe("1");
    expect(list({ trainedSide: 8, steps: 6 })).toBe("1,2,3,4,6,8");
    expect(possibleSteps(8)).toEqual([5, 6, 7, 8]);
    expect(possibleSteps(16, "released")).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14]);
    // On the way from 1 to 2 pixels a side the ratio 1.5 asks for two steps, of which the first rounds to the trained side.
    expect(sizesBeyond(1, 2)).toEqual([2]);
    expect([16, 15].map((side) => sizesBeyond(16, side))).toEqual([[], []]);
  });

  it("takes the next longer table where rounding merged sizes, else the next shorter one; lists counts ascending", () => {
    // Trained to 12: the eleven-step table keeps nine sizes, the nine-step one eight.
    for (const side of [5, 6, 7, 12])
      expect(possibleSteps(side)).toEqual([...possibleSteps(side)].sort((a, b) => a - b));
    expect(possibleSteps(3)).toEqual([3]);
    expect(tableSizes(3, 3)).toEqual([1, 2, 3]);
    expect(tableSizes(5, 8)).toEqual([1, 2, 3, 5, 8]);
    // The growth from 16 to 36 is 1.5 twice, exactly.
    expect(sizesBeyond(16, 36)).toEqual([24, 36]);
  });

  it("gives exactly the steps asked for, or names the most there are", () => {
    for (const trainedSide of [4, 8, 12, 20, 24, 32]) {
      for (const steps of possibleSteps(trainedSide)) {
        const { grids } = planScales({ factor: 4, trainedSide, steps });
        expect(grids).toHaveLength(steps);
        expect(grids[0]).toEqual([1, 1]);
        expect(grids.at(-1)).toEqual([trainedSide, trainedSide]);
      }
    }
    expect(() => list({ trainedSide: 8, steps: 10 })).toThrow(/at most 8\) .* 8x8 grids, got 10/);
  });
});

describe("any width and height", () => {
  it("follows the paper's rule for other shapes", () => {
    const plan = planScales({ ...released, sizePx: { width: 512, height: 256 } });
    expect(formatScales(plan.grids)).toBe("1x2,2x4,3x6,4x8,5x10,6x12,8x16,10x20,13x26,16x32");
    expect(plan.baseSizes).toEqual([1, 2, 3, 4, 5, 6, 8, 10, 13, 16]);
    expect(plan.decodedPx).toEqual({ width: 512, height: 256 });
    expect(plan.crop).toBeUndefined();
  });

  it("keeps every grid at least one cell and merges equals, small sizes first", () => {
    const plan = planScales({ ...released, sizePx: { width: 96, height: 64 } });
    expect(formatScales(plan.grids)).toBe("1,1x2,2x3,3x4,4x6");
    expect(plan.baseSizes).toEqual([1, 6, 8, 13, 16]);
  });

  it("first reaches the trained size where both sides are larger", () => {
    const plan = planScales({ ...released, sizePx: { width: 768, height: 512 } });
    expect(formatScales(plan.grids)).toBe("1,2x3,3x4,4x6,5x7,6x9,8x12,10x15,13x19,16x24,23x34,32x48");
    expect(plan.baseSizes.slice(-3)).toEqual([16, 23, 32]);
  });

  it("continues the published ratio to other sizes", () => {
    expect(list({ sizePx: square(320) })).toBe("1,2,3,4,5,6,8,10,13,16,20");
    expect(list({ sizePx: square(640) })).toBe("1,2,3,4,5,6,8,10,13,16,22,29,40");
    expect(list({ sizePx: square(1024) })).toBe("1,2,3,4,5,6,8,10,13,16,23,32,45,64");
  });

  it("covers sizes that the factor does not divide, and says what to keep", () => {
    const plan = planScales({ ...released, sizePx: { width: 250, height: 200 } });
    expect(plan.grids.at(-1)).toEqual([13, 16]);
    expect(plan.decodedPx).toEqual({ width: 256, height: 208 });
    expect(plan.crop).toEqual({ left: 3, top: 4, width: 250, height: 200 });
    const odd = planScales({ ...released, sizePx: { width: 251, height: 201 } });
    expect(odd.crop).toEqual({ left: 2, top: 3, width: 251, height: 201 });
    expect(planScales({ ...released, sizePx: square(16384) }).grids.at(-1)).toEqual([1024, 1024]);
    expect(planScales({ ...released, sizePx: square(1) }).decodedPx).toEqual(square(16));
  });

  it("holds for every size: grows, ends on the target, never far at once beyond the trained side", () => {
    const px = fc.integer({ min: 1, max: 2048 });
    fc.assert(
      fc.property(px, px, (width, height) => {
        const { grids, baseSizes, decodedPx, crop } = planScales({ ...released, sizePx: { width, height } });
        expect(grids.at(-1)).toEqual([Math.ceil(height / 16), Math.ceil(width / 16)]);
        expect(baseSizes).toHaveLength(grids.length);
        for (let i = 1; i < grids.length; i++) {
          const [before, after] = [grids[i - 1] as Grid, grids[i] as Grid];
          expect(after[0] >= before[0] && after[1] >= before[1]).toBe(true);
          expect(after).not.toEqual(before);
          if (baseSizes[i]! > 16) expect(baseSizes[i]! / baseSizes[i - 1]!).toBeLessThanOrEqual(1.55);
        }
        const kept = crop ?? { left: 0, top: 0, ...decodedPx };
        expect([kept.width, kept.height]).toEqual([width, height]);
        expect(kept.left + width).toBeLessThanOrEqual(decodedPx.width);
        expect(kept.top + height).toBeLessThanOrEqual(decodedPx.height);
      }),
    );
  });

  it("refuses sizes in words", () => {
    expect(() => list({ sizePx: { width: 0, height: 256 } })).toThrow(
      "size: expected sides from 1 to 16384 pixels, got 0x256",
    );
    expect(() => list({ sizePx: square(16385) })).toThrow("got 16385x16385");
    expect(() => list({ sizePx: { width: 25.5, height: 256 } })).toThrow("got 25.5x256");
  });
});

describe("lists by hand", () => {
  it("sets the size and stands each grid for the side of equal area", () => {
    const plan = planScales({
      ...released,
      scales: [
        [1, 1],
        [2, 3],
        [16, 32],
      ],
    });
    expect(plan.baseSizes).toEqual([1, 2, 23]);
    expect(plan.decodedPx).toEqual({ width: 512, height: 256 });
    expect([plan.sizePx, plan.crop]).toEqual([{ width: 512, height: 256 }, undefined]);
  });

  it("refuses contradictions", () => {
    const scales: Grid[] = [
      [1, 1],
      [4, 6],
    ];
    expect(() => planScales({ ...released, scales, steps: 10 })).toThrow("expected either steps or scales, got both");
    expect(() => planScales({ ...released, scales, sizePx: square(64) })).toThrow(
      "scales: expected the last grid to be 4x4 for 64x64 pixels (width x height), got 4x6",
    );
    expect(planScales({ ...released, scales, sizePx: { width: 90, height: 64 } }).crop).toEqual({
      left: 3,
      top: 0,
      width: 90,
      height: 64,
    });
  });
});
