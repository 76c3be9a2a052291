import { beforeAll, describe, expect, it } from "vitest";
import { gradients, input, program } from "../engine/index.ts";
import { declareDiscriminator, declareLpips, discriminate, lpips } from "../models/index.ts";
import { paramTensors, sizeOfShape } from "../nn/index.ts";
import type { Session, Value } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { createRandom } from "../sampling/index.ts";
import { discriminatorHinge, generatorHinge } from "./extra-losses.ts";
import { freshStart } from "./start.ts";

const runtime = nodeRuntime({ threads: 1 });
const scalarOf = (value: Value | undefined): number => (value!.data as Float32Array)[0]!;
const picture = (seed: number, side: number): Value => {
  const random = createRandom(seed);
  return runtime.floats(
    Float32Array.from({ length: 3 * side * side }, () => random.uniform() * 2 - 1),
    [1, 3, side, side],
  );
};

it("hinge losses have the values of their formulas", async () => {
  const real = input("real", "float32", ["n"]);
  const fake = input("fake", "float32", ["n"]);
  const session = await runtime.open(
    program("hinge", { discriminator: discriminatorHinge(real, fake), generator: generatorHinge(fake) }),
  );
  const floats = (...values: number[]): Value => runtime.floats(Float32Array.from(values), [values.length]);
  const result = await session.run({ real: floats(2, 0.5), fake: floats(-3, 0.5) });
  expect(scalarOf(result.discriminator)).toBeCloseTo(0.5 * ((0 + 0.5) / 2 + (0 + 1.5) / 2));
  expect(scalarOf(result.generator)).toBeCloseTo(1.25);
});

it("the discriminator scores patches and passes gradients to the picture", async () => {
  const config = { baseChannels: 4, layers: 2 };
  const decls = declareDiscriminator(config);
  const p = paramTensors(decls);
  const image = input("image", "float32", [1, 3, 16, 16]);
  const scores = discriminate(p, config, image);
  expect(scores.shape).toEqual([1, 1, 2, 2]);
  const loss = generatorHinge(scores);
  const session = await runtime.open(program("d", { loss, grad: gradients(loss, [image])[0]! }));
  const weights = freshStart(decls, 1);
  const feeds = Object.fromEntries(decls.map(({ name, shape }) => [name, runtime.floats(weights.get(name)!, shape)]));
  const start = picture(1, 16);
  const first = await session.run({ ...feeds, image: start });
  const grad = first.grad!.data as Float32Array;
  const step = 1e-2 / Math.hypot(...grad);
  const moved = (start.data as Float32Array).map((x, i) => x - step * grad[i]!);
  const second = await session.run({ ...feeds, image: runtime.floats(moved, start.dims) });
  const fall = (scalarOf(first.loss) - scalarOf(second.loss)) / (step * Math.hypot(...grad) ** 2);
  expect(fall).toBeGreaterThan(0.9);
  expect(fall).toBeLessThan(1.1);
});

describe("lpips", () => {
  let session: Session;
  let feeds: Record<string, Value>;
  beforeAll(async () => {
    const decls = declareLpips();
    const p = paramTensors(decls);
    const [a, b] = [input("a", "float32", [1, 3, 16, 16]), input("b", "float32", [1, 3, 16, 16])];
    session = await runtime.open(program("lpips", { distance: lpips(p, a, b) }));
    const random = createRandom(5);
    feeds = Object.fromEntries(
      decls.map(({ name, shape }) => {
        const bound = name.endsWith(".weight") ? Math.sqrt(6 / sizeOfShape(shape.slice(1))) : 0;
        const values = new Float32Array(sizeOfShape(shape)).map(() =>
          name.startsWith("lin") ? 0.5 : bound * (2 * random.uniform() - 1),
        );
        return [name, runtime.floats(values, shape)];
      }),
    );
  });

  it("is 0 between equal pictures, symmetric, and grows with the difference", async () => {
    const distance = async (a: Value, b: Value): Promise<number> =>
      scalarOf((await session.run({ ...feeds, a, b })).distance);
    const [one, other] = [picture(1, 16), picture(2, 16)];
    const near = runtime.floats(
      (one.data as Float32Array).map((x, i) => 0.9 * x + 0.1 * (other.data as Float32Array)[i]!),
      one.dims,
    );
    expect(await distance(one, one)).toBe(0);
    const far = await distance(one, other);
    expect(await distance(other, one)).toBeCloseTo(far, 5);
    expect(await distance(one, near)).toBeLessThan(0.5 * far);
    // Each block's unit vectors differ by at most 2 in squared length over weights of 0.5.
    expect(far).toBeLessThan(5);
  });
});
