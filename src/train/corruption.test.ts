import { describe, expect, it } from "vitest";
import { createRandom } from "../sampling/index.ts";
import { corruptTokens, nearestOthers } from "./corruption.ts";

/** Eight codes on the unit circle, 45 degrees apart. */
const codes = Float32Array.from(
  Array.from({ length: 8 }, (_, i) => [Math.cos((i * Math.PI) / 4), Math.sin((i * Math.PI) / 4)]).flat(),
);

describe("corruption of the tokens fed in", () => {
  it("finds the nearest other codes", () => {
    const nearest = nearestOthers(codes, 2, 2);
    for (let v = 0; v < 8; v++)
      expect(new Set(nearest.subarray(2 * v, 2 * v + 2))).toEqual(new Set([(v + 1) % 8, (v + 7) % 8]));
    expect(nearestOthers(codes, 2, 99).length).toBe(8 * 7);
  });

  it("replaces the share that is asked for, by neighbours only", () => {
    const nearest = nearestOthers(codes, 2, 2);
    const tokens = new Int32Array(20_000).fill(3);
    const out = corruptTokens(tokens, nearest, 2, 0.2, createRandom(1, "corrupt"));
    const changed = out.filter((token) => token !== 3);
    expect(changed.length / tokens.length).toBeCloseTo(0.2, 1);
    expect(new Set(changed)).toEqual(new Set([2, 4]));
    expect(corruptTokens(tokens, nearest, 2, 0, createRandom(1, "corrupt"))).toEqual(tokens);
  });
});
