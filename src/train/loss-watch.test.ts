import { expect, test } from "vitest";
import { type LossWatch, watchLoss } from "./loss-watch.ts";

const watch = (more: Partial<LossWatch> = {}): LossWatch => ({
  step: 7,
  saved: 0,
  meanLoss: undefined,
  leastLoss: Number.POSITIVE_INFINITY,
  ...more,
});
const report = (loss: number, gradNorm = 1) => ({ loss, gradNorm, lr: 0.01, images: 1, parts: {} });

test("the mean starts at the first loss, keeps 95 % of itself a step, and its least is kept", () => {
  const seen = watch();
  watchLoss(seen, report(4), 2);
  expect([seen.meanLoss, seen.leastLoss]).toEqual([4, 4]);
  watchLoss(seen, report(2), 2);
  expect(seen.meanLoss).toBeCloseTo(3.9, 12);
  expect(seen.leastLoss).toBe(seen.meanLoss);
  watchLoss(seen, report(30), 2);
  expect(seen.meanLoss).toBeCloseTo(0.95 * 3.9 + 0.05 * 30, 12);
  expect(seen.leastLoss).toBeCloseTo(3.9, 12);
});

test.each([
  [Number.NaN, 1],
  [1, Number.POSITIVE_INFINITY],
])("a loss of %d with a gradient of %d stops the run", (loss, gradNorm) => {
  expect(() => watchLoss(watch(), report(loss, gradNorm), 2)).toThrow(
    `training: expected a finite loss and gradient, got loss ${loss}, gradient norm ${gradNorm} in step 7; ` +
      "there is no checkpoint yet; start again with a lower learning rate (it was 0.0100)",
  );
  expect(() => watchLoss(watch({ saved: 5 }), report(loss, gradNorm), 2)).toThrow(
    "the checkpoint of step 5 is whole; resume from it with a lower",
  );
});

test("so does a mean above its least times the divergence, after a hundred steps", () => {
  // The mean becomes 0.95·3 + 0.05·63 = 6.
  const grown = (step: number, divergence: number) => () =>
    watchLoss(watch({ step, meanLoss: 3, leastLoss: 2 }), report(63), divergence);
  expect(grown(101, 2.99)).toThrow("near its least mean 2.000, got a mean of 6.000 by step 101: it diverged");
  expect(grown(100, 2.99)).not.toThrow();
  expect(grown(101, 3.01)).not.toThrow();
});
