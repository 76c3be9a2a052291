import { describe, expect, it } from "vitest";
import { expNegative, lnPositive } from "./portable-math.ts";
import { createRandom } from "./random.ts";

describe("portable exp and ln", () => {
  it("agree with Math to a few units in the last place", () => {
    const rng = createRandom(3);
    for (let i = 0; i < 20_000; i++) {
      const x = -700 * rng.uniform() ** 3;
      expect(Math.abs(expNegative(x) / Math.exp(x) - 1)).toBeLessThan(5e-16);
      const y = rng.uniform() ** 4 + 1e-30;
      expect(Math.abs(lnPositive(y) - Math.log(y))).toBeLessThan(1e-15 * Math.max(1e-3, Math.abs(Math.log(y))));
    }
  });

  it("have their limits", () => {
    expect(expNegative(0)).toBe(1);
    expect(expNegative(-745)).toBeLessThan(1e-300);
    expect(expNegative(-746)).toBe(0);
    expect(expNegative(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(expNegative(1)).toBeNaN();
    expect(lnPositive(1)).toBe(0);
  });
});
