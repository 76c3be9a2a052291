import { expect, it } from "vitest";
import { gradients, input, program } from "../engine/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { createRandom } from "../sampling/index.ts";
import { LOG_FLOOR, meanLogSquared } from "./pixel-losses.ts";

it("the logarithmic difference is the mean signal-to-noise ratio but for a constant, and its gradient that of the formula", async () => {
  const [B, n] = [3, 3 * 4 * 4];
  const random = createRandom(4);
  const target = Float32Array.from({ length: B * n }, () => random.uniform());
  // Differences grow from picture to picture.
  const image = target.map((value, i) => value + 0.3 * (1 + Math.floor(i / n)) * random.normal());
  const a = input("a", "float32", [B, 3, 4, 4]);
  const b = input("b", "float32", [B, 3, 4, 4]);
  const loss = meanLogSquared(a, b);
  const runtime = nodeRuntime({ threads: 1 });
  const session = await runtime.open(program("loss", { loss, grad: gradients(loss, [a])[0]! }));
  const feeds = { a: runtime.floats(image, [B, 3, 4, 4]), b: runtime.floats(target, [B, 3, 4, 4]) };
  const result = await session.run(feeds);
  await session.dispose();
  const squares = Array.from({ length: B }, (_, p) => {
    const differences = Array.from({ length: n }, (_, i) => image[p * n + i]! - target[p * n + i]!);
    return differences.reduce((sum, d) => sum + d * d, 0) / n;
  });
  const expected = squares.reduce((sum, s) => sum + Math.log(1 + s / LOG_FLOOR), 0) / B;
  const decibels = squares.reduce((sum, s) => sum + 10 * Math.log10(4 / s), 0) / B;
  const value = (result.loss!.data as Float32Array)[0]!;
  expect(value).toBeCloseTo(expected, 4);
  expect(10 * Math.log10(4 / LOG_FLOOR) - (10 / Math.LN10) * value).toBeCloseTo(decibels, 1);
  const grad = result.grad!.data as Float32Array;
  for (const i of [0, n + 5, 2 * n + 7]) {
    const picture = Math.floor(i / n);
    const slope = (2 * (image[i]! - target[i]!)) / n / (squares[picture]! + LOG_FLOOR) / B;
    expect(grad[i]).toBeCloseTo(slope, 5);
  }
});
