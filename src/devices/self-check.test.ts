import { describe, expect, test } from "vitest";
import { nodeRuntime, type Runtime } from "../runtime/node.ts";
import { deviation, goldenRun, selfCheck } from "./self-check.ts";

const cpu = nodeRuntime({ threads: 1 });

/** A device that gives other numbers than the processor: every float of every output goes through `spoil`. */
const spoilt = (spoil: (value: number, index: number) => number): Runtime => ({
  ...cpu,
  async open(program, options) {
    const session = await cpu.open(program, options);
    return {
      ...session,
      async run(feeds, fetches) {
        const outputs = await session.run(feeds, fetches);
        for (const value of Object.values(outputs))
          if (value.type === "float32") {
            const data = value.data as Float32Array;
            data.set(data.map(spoil));
          }
        return outputs;
      },
    };
  },
});

describe("the self-check", async () => {
  const reference = await goldenRun(cpu);

  test("passes the processor itself with no deviation", async () => {
    expect(await selfCheck(cpu, reference)).toEqual({ deviation: 0, bound: 1e-3, passed: true });
  });

  test("the small model's numbers matter: logits and pixels vary", () => {
    for (const part of reference) {
      const spread = Math.max(...part) - Math.min(...part);
      expect(spread).toBeGreaterThan(0.1);
      expect(part.every(Number.isFinite)).toBe(true);
    }
  });

  test.each<[string, (value: number, index: number) => number]>([
    ["rounded factors, as of TF32 or bfloat16", (x) => Math.fround(Math.round(x * 256) / 256)],
    ["numbers that are half a percent too large", (x) => 1.005 * x],
    ["one wrong number in a thousand", (x, i) => (i % 1000 === 7 ? x + 1 : x)],
    ["zeros", () => 0],
    ["no numbers", () => Number.NaN],
  ])("refuses %s", async (_name, spoil) => {
    expect(await selfCheck(spoilt(spoil), reference)).toMatchObject({ passed: false });
  });

  test("a part of another length is no number", () => {
    expect(deviation([Float32Array.of(1)], [Float32Array.of(1, 2)])).toBeNaN();
  });
});
