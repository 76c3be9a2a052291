import { expect, test } from "vitest";
import { input, ops, param, program } from "../src/engine/index.ts";
import { nodeRuntime } from "../src/runtime/node.ts";

const runtime = nodeRuntime({ device: "webgpu" });
const x = input("x", "float32", ["n"]);
const start = Float32Array.of(1, 2, 3);

test("outputs kept on the device feed the next run, also of another session", async () => {
  const step = await runtime.open(program("step", { next: ops.mul(x, 2), seen: ops.neg(x) }), {
    keepOnDevice: ["next"],
  });
  const read = await runtime.open(program("read", { y: ops.add(x, 0.5) }));
  let state = runtime.floats(start, [3]);
  for (let i = 0; i < 3; i++) {
    const { next, seen } = await step.run({ x: state });
    expect(next!.location).toBe("gpu-buffer");
    expect(next!.dims).toEqual([3]);
    expect(seen!.location).toBe("cpu");
    expect(seen!.data).toEqual(start.map((v) => -v * 2 ** i));
    state = next!;
  }
  const { y } = await read.run({ x: state });
  expect(y!.data).toEqual(start.map((v) => v * 8 + 0.5));
  state.dispose();
  await step.dispose();
  await read.dispose();
});

test("stored parameters", async () => {
  const rows = input("rows", "float32", ["B", 3]);
  const p = program("linear", { y: ops.add(rows, param("b", [1, 3])) });
  const session = await runtime.open(p, { weights: new Map([["b", { kind: "memory", data: start }]]) });
  const { y } = await session.run({ rows: runtime.floats(start, [1, 3]) });
  expect(y!.data).toEqual(start.map((v) => 2 * v));
  await session.dispose();
});

test("describes itself", () => {
  expect(runtime.provider).toBe("webgpu");
  expect(runtime.description).toMatch(/, webgpu$/);
});
