import { expect, test } from "vitest";
import { input, param, program } from "../engine/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { crossEntropy, crossEntropyPerPosition } from "./transformer-objective.ts";

const runtime = nodeRuntime({ threads: 1 });
/** Logits [2, 2, 3] and the token of each position. */
const logits = [1, 2, 3, 0, 0, 0, -5, 5, 0, 2, -2, 0.5];
const targets = [2, 0, 1, 1];

/** −log of the softmax of row `at`. */
function negativeLogs(at: number): number[] {
  const row = logits.slice(3 * at, 3 * at + 3);
  const total = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
  return row.map((value) => total - value);
}

test.each([0, 0.3, 1])("cross-entropy with label smoothing %d, by position and in the mean", async (smoothing) => {
  const x = param("logits", [2, 2, 3]);
  const t = input("targets", "int64", [2, 2]);
  const each = crossEntropyPerPosition(x, t, smoothing);
  const session = await runtime.open(program("loss", { each, mean: crossEntropy(x, t, smoothing) }));
  const out = await session.run({
    logits: runtime.floats(Float32Array.from(logits), [2, 2, 3]),
    targets: runtime.ints(targets, [2, 2]),
  });
  await session.dispose();
  const expected = targets.map((target, at) => {
    const rows = negativeLogs(at);
    return (1 - smoothing) * rows[target]! + (smoothing * (rows[0]! + rows[1]! + rows[2]!)) / 3;
  });
  expect(out.each!.dims).toEqual([2, 2]);
  expected.forEach((value, at) => {
    expect(out.each!.data[at]).toBeCloseTo(value, 5);
  });
  expect(out.mean!.data[0]).toBeCloseTo(expected.reduce((a, b) => a + b) / 4, 5);
});
