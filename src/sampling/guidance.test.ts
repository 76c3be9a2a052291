import { describe, expect, it } from "vitest";
import { guidanceWeights, isUnguided, mixGuidance, rampFactor } from "./guidance.ts";

const at = (step: number, steps: number, baseSize = 1) => ({ step, steps, baseSize, maxGrid: 16 });

describe("guidance", () => {
  it("ramps over min(n - 1, 9) and passes g after the tenth step", () => {
    expect(rampFactor(2.5, at(0, 10))).toBe(0);
    expect(rampFactor(2.5, at(9, 10))).toBe(2.5);
    expect(rampFactor(3, at(2, 5))).toBe(1.5);
    expect(rampFactor(3, at(1, 2, 16))).toBe(3);
    expect(rampFactor(3, at(1, 5, 16))).toBe(0.75);
    expect(rampFactor(1.8, at(12, 13))).toBeCloseTo(2.4, 12);
  });

  it("is whole beyond the trained side and for a single step", () => {
    expect(rampFactor(3, at(10, 12, 23))).toBe(3);
    expect(rampFactor(3, at(0, 1))).toBe(3);
    expect(rampFactor(3, { step: 1, steps: 5, baseSize: 6, maxGrid: 4 })).toBe(3);
  });

  it("guidanceWeights as each mode says", () => {
    const cond = Float32Array.of(1, -2);
    const uncond = Float32Array.of(0.5, 4);
    expect([...mixGuidance(cond, uncond, guidanceWeights("ramp", 2, at(1, 3)))]).toEqual([1.5, -8]);
    expect([...mixGuidance(cond, uncond, guidanceWeights("constant", 4, at(1, 3)))]).toEqual([2.5, -20]);
    expect(mixGuidance(cond, uncond, guidanceWeights("constant", 1, at(1, 3)), cond)).toBe(cond);
    expect([...cond]).toEqual([1, -2]);
    expect(() => mixGuidance(cond, new Float32Array(3), guidanceWeights("constant", 1, at(1, 3)))).toThrow(
      "expected 2 values each, got 3 and 2",
    );
    expect(() => mixGuidance(cond, uncond, guidanceWeights("constant", 1, at(1, 3)), new Float32Array(1))).toThrow(
      "got 2 and 1",
    );
  });

  it("knows when the unconditional rows are idle", () => {
    expect(isUnguided(guidanceWeights("ramp", 0, at(3, 10)))).toBe(true);
    expect(isUnguided(guidanceWeights("constant", 1, at(1, 3)))).toBe(true);
    expect(isUnguided(guidanceWeights("constant", 4, at(1, 3)))).toBe(false);
    expect([isUnguided({ a: 1, b: 1 }), isUnguided({ a: 2, b: 0 })]).toEqual([false, false]);
  });
});
