import { expect, test } from "vitest";
import { param, program } from "../engine/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { adamWScalars, adamWScalarValues, adamWUpdate, clipFactor, globalNorm, paperAdamW } from "./adamw.ts";

const runtime = nodeRuntime({ threads: 1 });
const options = { beta1: 0.8, beta2: 0.9, epsilon: 0.01, weightDecay: 0.1 };
const start = { param: [1, -2], grad: [0.5, 3], m: [0.25, -1], v: [0.5, 2] } as const;

/** One step on two numbers by the graph, at step 3 with rate 0.2. */
async function step(decay: boolean, weightDecay: number) {
  const [p, grad, m, v] = ["param", "grad", "m", "v"].map((name) => param(name, [2]));
  const own = { ...options, weightDecay };
  const updated = adamWUpdate(p!, grad!, { m: m!, v: v! }, decay, adamWScalars(), own);
  const session = await runtime.open(
    program("adamw", { new_param: updated.param, new_m: updated.m, new_v: updated.v }),
  );
  const scalars = Object.entries(adamWScalarValues(3, 0.2, own)).map(([name, value]) => [
    name,
    runtime.floats(Float32Array.of(value), []),
  ]);
  const arrays = Object.entries(start).map(([name, values]) => [name, runtime.floats(Float32Array.from(values), [2])]);
  const out = await session.run(Object.fromEntries([...scalars, ...arrays]));
  await session.dispose();
  return { param: out.new_param!.data, m: out.new_m!.data, v: out.new_v!.data } as Record<
    "param" | "m" | "v",
    Float32Array
  >;
}

test.each([
  ["with decay", true, 0.1, 0.1],
  ["of a parameter without decay", false, 0.1, 0],
  ["at a decay of 0", true, 0, 0],
])("a step %s is the published rule", async (_, decay, weightDecay, applied) => {
  const got = await step(decay, weightDecay);
  for (const i of [0, 1]) {
    const m = 0.8 * start.m[i]! + 0.2 * start.grad[i]!;
    const v = 0.9 * start.v[i]! + 0.1 * start.grad[i]! ** 2;
    const moved = m / (1 - 0.8 ** 3) / (Math.sqrt(v / (1 - 0.9 ** 3)) + 0.01);
    expect(got.m[i]).toBeCloseTo(m, 6);
    expect(got.v[i]).toBeCloseTo(v, 6);
    expect(got.param[i]).toBeCloseTo(start.param[i]! * (1 - 0.2 * applied) - 0.2 * moved, 5);
  }
});

test("corrections count from step 1", () => {
  expect(adamWScalarValues(1, 0.5, paperAdamW)).toEqual({ lr: 0.5, correction1: 1 - 0.9, correction2: 1 - 0.95 });
  expect(paperAdamW).toEqual({ beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.05 });
});

test.each([
  [[3], [0, 4], 5, 0.4],
  [[0], [0, 0], 0, 1],
  [[1], [0, 0], 1, 1],
  [[2], [2, 1], 3, 2 / 3],
])("gradients %j and %j have one norm, and are brought down to 2, never up", async (a, b, norm, factor) => {
  const grads = [param("a", [1]), param("b", [2])];
  const total = globalNorm(grads);
  const session = await runtime.open(program("clip", { total, factor: clipFactor(total, 2) }));
  const feeds = { a: runtime.floats(Float32Array.from(a), [1]), b: runtime.floats(Float32Array.from(b), [2]) };
  const out = await session.run(feeds);
  await session.dispose();
  expect(out.total!.data[0]).toBeCloseTo(norm, 5);
  expect(out.factor!.data[0]).toBeCloseTo(factor, 5);
});
