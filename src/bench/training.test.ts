import { expect, test } from "vitest";
import { checkProgram, countFlops } from "../engine/index.ts";
import { tokenizerStep, transformerStep } from "./training.ts";

test("the transformer's step does 6 operations a weight and token, and attention", () => {
  const { program, symbols } = transformerStep();
  checkProgram(program);
  const C = 384;
  const tokens = symbols.B! * symbols.L!;
  const perToken = 6 * 12 * C * C + C * 4096 + 32 * C;
  const products = 6 * tokens * perToken;
  const attention = 6 * 12 * tokens * symbols.L! * C;
  const conditioning = 6 * symbols.B! * (6 * 6 + 2) * C * C;
  expect(countFlops(program, symbols) / (products + attention + conditioning)).toBeCloseTo(1, 1);
});

test("the tokenizer's step counts its convolutions at all three grids", () => {
  const { program, symbols } = tokenizerStep();
  checkProgram(program);
  const gflop = countFlops(program, symbols) / 1e9;
  expect(gflop).toBeGreaterThan(29);
  expect(gflop).toBeLessThan(31);
});
