import { describe, expect, test } from "vitest";
import { constant, input, ops, program, type Tensor } from "../../src/engine/index.ts";
import { upsampleConvLayer } from "../../src/nn/index.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { floats, goldenNpz } from "../support/golden-npz.ts";

/** Area resizing by whole factors is a mean of blocks, or a repetition: PyTorch's values for single operations. */
const blockMean = (x: Tensor, rows: number): Tensor =>
  ops.reshape(ops.reduceMean(ops.reshape(x, [2, 3, rows, 4 / rows, rows, 4 / rows]), [3, 5]), [2, 3, rows, rows]);

/** The decoder's enlargement, with a convolution that changes nothing. */
const enlarged = (x: Tensor): Tensor => {
  const kernel = Float32Array.from({ length: 81 }, (_, i) => Number(i % 9 === 4 && Math.floor(i / 9) % 4 === 0));
  const weight = constant(kernel, [3, 3, 3, 3]);
  const bias = constant(new Float32Array(3), [3]);
  return upsampleConvLayer((name) => (name === "up.weight" ? weight : bias), "up", x);
};

describe("golden data of single operations", async () => {
  const golden = await goldenNpz("ops.npz");
  const runtime = nodeRuntime({ threads: 1 });
  test.each<[string, string, (x: Tensor) => Tensor]>([
    ["Reshape, ReduceMean", "resize_a_area_2x2", (x) => blockMean(x, 2)],
    ["ReduceMean", "resize_a_area_1x1", (x) => ops.reduceMean(x, [2, 3])],
    ["ConvTranspose", "resize_a_area_8x8", enlarged],
  ])("%s: %s", async (_ops, name, build) => {
    const x = input("x", "float32", [2, 3, 4, 4]);
    const session = await runtime.open(program("resize", { y: build(x) }));
    const { y } = await session.run({ x: runtime.floats(floats(golden, "resize_in_a"), [2, 3, 4, 4]) });
    const expected = floats(golden, name);
    expect(y!.dims).toEqual([...golden.get(name)!.shape]);
    const differences = expected.map((e, i) => Math.abs(e - (y!.data[i] as number)));
    expect(Math.max(...differences)).toBeLessThanOrEqual(1e-6);
    await session.dispose();
  });
});
