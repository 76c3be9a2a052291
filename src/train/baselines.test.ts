import { expect, it } from "vitest";
import type { Grid } from "../sampling/index.ts";
import { overTokens, scaleTable } from "./baselines.ts";

const grids: Grid[] = [
  [1, 1],
  [2, 1],
];

it("weighs grids by their tokens", () => {
  expect(overTokens([1, 4], grids)).toBe(3);
});

it("has a row per grid and one over all, with what the model saves", () => {
  const baselines = [
    { unigram: 6, classUnigram: 5 },
    { unigram: 9, classUnigram: 8 },
  ];
  expect(scaleTable(grids, [1, 4], baselines, { step: 7, pictures: 3 }).split("\n")).toEqual([
    "Held-out loss after step 7, nats per token over 3 pictures; baselines over all held-out pictures.",
    "",
    "| grid | tokens | loss | class-unigram | unigram | gain |",
    "|---|---|---|---|---|---|",
    "| 1×1 | 1 | 1.000 | 5.000 | 6.000 | 4.000 |",
    "| 2×1 | 2 | 4.000 | 8.000 | 9.000 | 4.000 |",
    "| all | 3 | 3.000 | 7.000 | 8.000 | 4.000 |",
    "",
  ]);
});
