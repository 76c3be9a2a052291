import { expect, it } from "vitest";
import { gradients, input, program, type Tensor } from "../engine/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { createRandom } from "../sampling/index.ts";
import { gradientDifference, LOG_FLOOR, meanAbsolute, meanLogSquared, meanSquared } from "./pixel-losses.ts";

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

/** A loss of two pictures [1, 1, H, W] whose difference is `difference`. */
async function lossOf(loss: (a: Tensor, b: Tensor) => Tensor, difference: readonly number[], H: number, W: number) {
  const [a, b] = ["a", "b"].map((name) => input(name, "float32", [1, 1, H, W])) as [Tensor, Tensor];
  const runtime = nodeRuntime({ threads: 1 });
  const session = await runtime.open(program("loss", { loss: loss(a, b) }));
  const result = await session.run({
    a: runtime.floats(
      Float32Array.from(difference, (value, i) => value + i),
      [1, 1, H, W],
    ),
    b: runtime.floats(
      Float32Array.from(difference, (_, i) => i),
      [1, 1, H, W],
    ),
  });
  await session.dispose();
  expect(result.loss!.dims).toEqual([]);
  return (result.loss!.data as Float32Array)[0]!;
}

it("mean squared and mean absolute difference", async () => {
  expect(await lossOf(meanSquared, [1, -2, 0, 4], 2, 2)).toBeCloseTo(21 / 4, 5);
  expect(await lossOf(meanAbsolute, [1, -2, 0, 4], 2, 2)).toBeCloseTo(7 / 4, 5);
});

it("gradient differences are those of neighbours, level by level, a level's sum over its pixels", async () => {
  const difference = [
    [0, 1, 3, 3],
    [0, 1, -1, 3],
  ];
  const levels = (count: number) => lossOf((a, b) => gradientDifference(a, b, count), difference.flat(), 2, 4);
  // Downwards 0 + 0 + 4 + 0, to the right 1 + 2 + 0 and 1 + 2 + 4.
  expect(await levels(1)).toBeCloseTo((4 + 3 + 7) / 8, 5);
  // Halved: 0.5 and 2, one row of two pixels.
  expect(await levels(2)).toBeCloseTo((4 + 3 + 7) / 8 + 1.5 / 2, 5);
  await expect(levels(0)).rejects.toThrow("gradientDifference: expected at least one level, got 0");
});
