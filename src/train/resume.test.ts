import { expect, test } from "vitest";
import { configChanges, describeChanges } from "./resume.ts";

const config = {
  about: { aim: "one" },
  seed: 1,
  model: { depth: 6, widths: [1, 2] },
  data: { heldOutShare: 0.1, batchSize: 16 },
  optimizer: { peakLr: 0.001, steps: 10 },
};

test("how a run goes on may change, and is told; text for people does not matter", () => {
  expect(configChanges(config, { ...config, about: { aim: "two" } })).toEqual([]);
  const changes = configChanges(config, {
    ...config,
    data: { heldOutShare: 0.1, batchSize: 8 },
    optimizer: { steps: 20, clip: 1 },
  });
  expect(describeChanges(changes)).toBe(
    "data.batchSize from 16 to 8, optimizer.peakLr from 0.001 to none, optimizer.steps from 10 to 20, optimizer.clip from none to 1",
  );
});

test("a run of several members does not go on as one of others, or of one process", () => {
  const before = { ...config, rounds: { members: 2 } };
  expect(() => configChanges(before, { ...config, rounds: { members: 3 } })).toThrow(
    "config: rounds.members: expected the checkpoint's 2 to resume it, got 3",
  );
  expect(() => configChanges(before, config)).toThrow(/config: rounds: expected .*, got none/);
  expect(configChanges(config, before)).toHaveLength(1);
});

test.each([
  [{ seed: 2 }, /config: seed: expected the checkpoint's 1 to resume it, got 2/],
  [{ model: { depth: 6, widths: [1, 3] } }, /config: model.widths: .*\[1,2\].*\[1,3\]/],
  [{ data: { heldOutShare: 0.2, batchSize: 16 } }, /config: data.heldOutShare: /],
])("another network, seed or held-out share is another run: %j", (change, message) => {
  expect(() => configChanges(config, { ...config, ...change })).toThrow(message);
});
