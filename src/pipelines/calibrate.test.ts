import { FlexVAR } from "flexvar";
import { expect, test } from "vitest";
import { nodeRuntime } from "../runtime/node.ts";
import { calibrateQuickly } from "./calibrate.ts";
import { LARGE_MODEL_BYTES, type Networks } from "./networks.ts";

test("a large model is not opened before it draws; its mapped weights count as taken", async () => {
  const weightBytes = LARGE_MODEL_BYTES + 1;
  // None of its sessions is there to be opened.
  const networks = { runtime: nodeRuntime(), weightBytes } as unknown as Networks;
  const { rate, idleBytes } = await calibrateQuickly(networks, () => 1000);
  expect(idleBytes).toBe(1000 + weightBytes);
  for (const one of Object.values(rate)) expect(one).toBeGreaterThan(0);
  expect(rate.tokenizer).toBe(rate.transformer);
});

test("a small model is tried out, and what is taken is asked afterwards", async () => {
  await using pipe = await FlexVAR.fromPretrained("models/fashion");
  expect(pipe.networks.weightBytes).toBeLessThan(LARGE_MODEL_BYTES);
  const before = pipe.runtime.runMilliseconds();
  let asked = 0;
  const { rate, idleBytes } = await calibrateQuickly(pipe.networks, () => {
    asked = pipe.runtime.runMilliseconds();
    return 7;
  });
  expect(idleBytes).toBe(7);
  expect(asked).toBeGreaterThan(before);
  for (const one of Object.values(rate)) expect(one).toBeGreaterThan(0);
});
