import { describe, expect, it } from "vitest";
import { expNegative, lnPositive } from "./portable-math.ts";
import { createRandom } from "./random.ts";

describe("portable exp and ln", () => {
  it("agree with Math to a few units in the last place", () => {
    const rng = createRandom(3);
    const worst = { exp: 0, ln: 0 };
    for (let i = 0; i < 20_000; i++) {
      const x = -700 * rng.uniform() ** 3;
      worst.exp = Math.max(worst.exp, Math.abs(expNegative(x) / Math.exp(x) - 1));
      const y = (rng.uniform() ** 4 + 1e-30) * (i % 2 === 0 ? 1 : 1e9);
      worst.ln = Math.max(worst.ln, Math.abs(lnPositive(y) - Math.log(y)) / Math.max(1e-3, Math.abs(Math.log(y))));
    }
    expect(worst.exp).toBeLessThan(5e-16);
    expect(worst.ln).toBeLessThan(1e-15);
  });

  it("have their limits", () => {
    expect(expNegative(0)).toBe(1);
    expect(expNegative(-745)).toBeLessThan(1e-300);
    expect(expNegative(-746)).toBe(0);
    expect(expNegative(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(expNegative(1)).toBeNaN();
    expect(expNegative(Number.NaN)).toBeNaN();
    expect(expNegative(-1074 * Math.LN2)).toBe(Number.MIN_VALUE);
    expect(lnPositive(1)).toBe(0);
    for (const x of [2, Math.SQRT2, Math.SQRT2 / 2, 0.5, 2 ** 100, 2 ** -100])
      expect(Math.abs(lnPositive(x) / Math.log(x) - 1)).toBeLessThan(1e-15);
  });
});
