import { expect, test } from "vitest";
import { goldenRun } from "../devices/node.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { watchCrossings } from "./crossing.ts";

/** Keys and values of one token: two blocks of width 64, two rows. */
const TOKEN = 2 * 2 * 64 * 2;

test.each([
  ["fp32", 4],
  ["fp16", 2],
] as const)("keys and values in %s, of grids of 1, 4 and 12 tokens", async (dtype, bytes) => {
  const { runtime, crossings } = watchCrossings(nodeRuntime({ threads: 1 }));
  await goldenRun(runtime, dtype);
  const token = TOKEN * bytes;
  expect(crossings).toEqual([
    { into: 0, out: token },
    { into: token, out: 5 * token },
    { into: 5 * token, out: 0 },
  ]);
});
