import { expect, test } from "vitest";
import { drawing } from "../../recipes/ablation/main.ts";

test("the drawing has a line for each arm that ran and a plot for each number", () => {
  const run = { seed: 1, trainLoss: 2, reconstructionDistance: 0.1, distance: 0.5 };
  const rest = { accuracy: 0.8, interval: [0.7, 0.9] as const };
  const text = drawing([
    { ...run, ...rest, arm: "ground-truth", largerDistance: 0.9 },
    { ...run, ...rest, arm: "residual" },
    { ...run, ...rest, arm: "residual", seed: 2 },
  ]);
  // One legend a plot of several lines: the plot of larger grids has ground truth alone, and no legend.
  expect(text.match(/ground truth</g)).toHaveLength(2);
  expect(text.match(/residual</g)).toHaveLength(2);
  expect(text).not.toContain("fixed map");
  for (const title of ["Fréchet distance", "At 1.5 times the side", "Given their class"]) expect(text).toContain(title);
});
