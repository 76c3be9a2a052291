import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Grid, gridTokens } from "./grid.ts";
import { createRandom } from "./random.ts";
import { drawSchedule, paperSchedule, releasedSchedule } from "./schedules.ts";

const sides = (grids: readonly Grid[]) => grids.map(([h]) => h);
const tokens = (grids: readonly Grid[]) => grids.reduce((sum, grid) => sum + gridTokens(grid), 0);

describe("paper's schedule", () => {
  it("starts at 1, ends at the side, grows, and holds the cap", () => {
    const any = fc.tuple(fc.integer(), fc.integer({ min: 2, max: 40 }));
    fc.assert(
      fc.property(any, ([seed, side]) => {
        const grids = paperSchedule(createRandom(seed), { side });
        const list = sides(grids);
        expect(list[0]).toBe(1);
        expect(list.at(-1)).toBe(side);
        expect(list.length).toBeLessThanOrEqual(10);
        expect(list).toEqual([...new Set(list)].sort((a, b) => a - b));
        if (side === 16) expect(tokens(grids)).toBeLessThanOrEqual(680);
      }),
    );
  });

  it("drops each middle size with 5 %, four at most, when there is no cap", () => {
    const rng = createRandom(1);
    const lengths = Array.from(
      { length: 4000 },
      () => paperSchedule(rng, { maxTokens: Number.POSITIVE_INFINITY }).length,
    );
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(6);
    // All eight may be dropped by the draws, but four stay.
    const always = { ...createRandom(1), uniform: () => 0.0499 };
    expect(paperSchedule(always, { maxTokens: Number.POSITIVE_INFINITY })).toHaveLength(6);
    const never = { ...createRandom(1), uniform: () => 0.05 };
    expect(paperSchedule(never, { maxTokens: Number.POSITIVE_INFINITY })).toHaveLength(10);
    expect(Math.max(...lengths)).toBe(10);
    const mean = lengths.reduce((a, b) => a + b, 0) / lengths.length;
    expect(mean).toBeGreaterThan(9.55);
    expect(mean).toBeLessThan(9.65);
  });

  it("visits every size between", () => {
    const rng = createRandom(2);
    const seen = new Set(Array.from({ length: 300 }, () => sides(paperSchedule(rng))).flat());
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
  });

  it("is the same list for the same stream", () => {
    expect(paperSchedule(createRandom(3))).toEqual(paperSchedule(createRandom(3)));
    expect(paperSchedule(createRandom(3), { side: 1 })).toEqual([[1, 1]]);
    expect(() => paperSchedule(createRandom(3), { maxTokens: 256 })).toThrow("a cap of at least 257 tokens");
    expect(sides(paperSchedule(createRandom(3), { maxTokens: 257 }))).toEqual([1, 16]);
    expect(sides(paperSchedule(createRandom(3), { side: 2 }))).toEqual([1, 2]);
  });
});

describe("released schedule", () => {
  it("has the traits of the released script", () => {
    const rng = createRandom(4);
    const lists = Array.from({ length: 6000 }, () => sides(releasedSchedule(rng)));
    const share = (test: (list: number[]) => boolean) => lists.filter(test).length / lists.length;
    for (const list of lists) {
      expect(list.slice(0, 2)).toEqual([1, 2]);
      expect(list.reduce((sum, s) => sum + s * s, 0)).toBeLessThanOrEqual(680);
    }
    const fixed = share((list) => list.join() === "1,2,3,4,5,6,8,10,13,16");
    expect(fixed).toBeGreaterThan(0.035);
    expect(fixed).toBeLessThan(0.06);
    const without16 = share((list) => !list.includes(16));
    expect(without16).toBeGreaterThan(0.28);
    expect(without16).toBeLessThan(0.42);
  });

  it("drops more of the middle the larger one draw is", () => {
    const rng = createRandom(6);
    const lengths = Array.from({ length: 20_000 }, () => releasedSchedule(rng).length);
    const share = (length: number) => lengths.filter((n) => n === length).length / lengths.length;
    expect([6, 7, 8, 9, 10].map((n) => Math.round(1000 * share(n)))).toMatchInlineSnapshot(`
      [
        15,
        60,
        395,
        483,
        46,
      ]
    `);
    expect(sides(releasedSchedule(createRandom(6)))).toMatchInlineSnapshot(`
      [
        1,
        2,
        3,
        6,
        7,
        8,
        12,
        16,
      ]
    `);
  });

  it("is refused for other sides", () => {
    expect(() => drawSchedule("released", createRandom(1), { side: 8 })).toThrow(
      "expected side 16 and 680 tokens for the released rule, got side 8 and 680 tokens",
    );
    expect(() => drawSchedule("released", createRandom(1), { maxTokens: 681 })).toThrow("got side 16 and 681 tokens");
    expect(drawSchedule("released", createRandom(1), { side: 16, maxTokens: 680 })).toEqual(
      releasedSchedule(createRandom(1)),
    );
    expect(drawSchedule("released", createRandom(1))).toEqual(releasedSchedule(createRandom(1)));
    expect(drawSchedule("paper", createRandom(1), { side: 8 })).toEqual(paperSchedule(createRandom(1), { side: 8 }));
  });
});
