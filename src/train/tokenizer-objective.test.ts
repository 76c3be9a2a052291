import { beforeAll, describe, expect, it } from "vitest";
import { gradients, program, type Tensor } from "../engine/index.ts";
import { areaMatrix } from "../image/index.ts";
import { CODEBOOK, declareTokenizer, type TokenizerConfig } from "../models/index.ts";
import { paramTensors } from "../nn/index.ts";
import type { Value } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { createRandom } from "../sampling/index.ts";
import { freshStart } from "./start.ts";
import { paperTokenizerLoss, type TokenizerTraining } from "./tokenizer-config.ts";
import { imageInput, poolingShapes, tokenizerObjective } from "./tokenizer-objective.ts";

/** Two pixels on a side of a cell. */
const config: TokenizerConfig = {
  baseChannels: 2,
  channelMultipliers: [1, 1],
  resBlocks: 1,
  decoderResBlocks: 1,
  attention: false,
  latentChannels: 2,
  codeDim: 2,
  codebookSize: 5,
  normGroups: 1,
  patchSize: 1,
};
/** Native grid of 2×4 cells, pooled to 1×2. */
const [B, H, W] = [2, 2, 4];
const runtime = nodeRuntime({ threads: 1 });
const decls = declareTokenizer(config);
const p = paramTensors(decls);
const random = createRandom(5, "objective");
const image = Float32Array.from({ length: B * 3 * 2 * H * 2 * W }, () => 2 * random.uniform() - 1);

let feeds: Record<string, Value>;
beforeAll(() => {
  const start = freshStart(decls, 3);
  for (const values of start.values()) for (let i = 0; i < values.length; i++) values[i] = random.normal() / 2;
  const pooling = poolingShapes(0, [1, 2], [H, W], 2).map(([name, [to, from]]) => {
    const { data } = areaMatrix(from as number, to as number);
    return [name, runtime.floats(data, [to as number, from as number])] as const;
  });
  const params = decls.map(({ name, shape }) => [name, runtime.floats(start.get(name)!, shape)] as const);
  feeds = Object.fromEntries([...params, ...pooling, ["image", runtime.floats(image, [B, 3, 2 * H, 2 * W])]]);
});

async function run(outputs: Record<string, Tensor>): Promise<(name: string) => number[]> {
  const session = await runtime.open(program("objective", outputs));
  const { inputs, params } = session.program;
  const given = [...inputs, ...params].map(({ name }) => [name, feeds[name!]!] as const);
  const result = await session.run(Object.fromEntries(given));
  await session.dispose();
  return (name) => Array.from(result[name]!.data as Float32Array | BigInt64Array, Number);
}

const objectiveOf = (weights: Partial<TokenizerTraining["loss"]> = {}) =>
  tokenizerObjective(p, config, imageInput(config), ["H", "W"], 1, { ...paperTokenizerLoss, ...weights });
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const minus = (a: readonly number[], b: readonly number[]) => a.map((value, i) => value - b[i]!);
const squares = (values: readonly number[]) => mean(values.map((value) => value * value));

/** Mean over planes [n, h, w] of the absolute steps down and to the right, a level's sum over its values, halved `levels` times. */
function gradientTerm(d: readonly number[], h: number, w: number, levels: number): number {
  if (levels === 0) return 0;
  const n = d.length / (h * w);
  const at = (i: number, y: number, x: number) => d[(i * h + y) * w + x]!;
  let sum = 0;
  const half: number[] = [];
  for (let i = 0; i < n; i++)
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) {
        if (y > 0) sum += Math.abs(at(i, y, x) - at(i, y - 1, x));
        if (x > 0) sum += Math.abs(at(i, y, x) - at(i, y, x - 1));
        if (y % 2 === 0 && x % 2 === 0)
          half.push((at(i, y, x) + at(i, y, x + 1) + at(i, y + 1, x) + at(i, y + 1, x + 1)) / 4);
      }
  return sum / d.length + gradientTerm(half, h / 2, w / 2, levels - 1);
}

const unit = (row: readonly number[]) => row.map((value) => value / Math.hypot(...row));
const rowsOf = (values: readonly number[]) =>
  Array.from({ length: values.length / 2 }, (_, i) => values.slice(2 * i, 2 * i + 2));

describe("the tokenizer's objective", () => {
  it.each([
    [0, "pooled", 1, 2],
    [1, "native", H, W],
  ] as const)("scale %d (%s) has the terms of its formulas", async (i, _, h, w) => {
    const scale = objectiveOf({ gradientLevels: 9 }).scales[i]!;
    const value = await run({ ...scale });
    const difference = minus(value("reconstruction"), value("target"));
    const perPicture = [0, 1].map((b) => squares(difference.slice(b * 12 * h * w, (b + 1) * 12 * h * w)));
    expect(difference).toHaveLength(B * 3 * 2 * h * 2 * w);
    expect(value("pixel")[0]).toBeCloseTo(squares(difference), 4);
    expect(value("absolute")[0]).toBeCloseTo(mean(difference.map(Math.abs)), 4);
    expect(value("logPixel")[0]).toBeCloseTo(mean(perPicture.map((square) => Math.log(1 + square / 3e-4))), 3);
    // Two pixels a cell: the picture and one halving, whatever is asked for.
    expect(value("gradient")[0]).toBeCloseTo(gradientTerm(difference, 2 * h, 2 * w, 2), 4);
    const codes = rowsOf(Array.from(feeds[CODEBOOK]!.data as Float32Array)).map(unit);
    const rows = rowsOf(value("rows"));
    const tokens = value("tokens");
    expect(tokens).toHaveLength(B * h * w);
    const nearest = rows.map(([x, y]) => {
      const cosines = codes.map(([a, b]) => x! * a! + y! * b!);
      return cosines.indexOf(Math.max(...cosines));
    });
    expect(tokens).toEqual(nearest);
    const distance = squares(
      minus(
        rows.flat(),
        tokens.flatMap((token) => codes[token]!),
      ),
    );
    expect(value("codebook")[0]).toBeCloseTo(distance, 4);
    expect(value("commitment")[0]).toBeCloseTo(distance, 4);
  });

  it("a pooled scale aims at the picture averaged over its cells", async () => {
    const { scales } = objectiveOf();
    const value = await run({ pooled: scales[0]!.target, native: scales[1]!.target });
    expect(value("native")).toEqual(Array.from(image));
    const target = value("pooled");
    expect(target).toHaveLength(B * 3 * 2 * 4);
    const at = (plane: number, y: number, x: number) => image[(plane * 2 * H + y) * 2 * W + x]!;
    for (let plane = 0; plane < 3 * B; plane++)
      for (let y = 0; y < 2; y++)
        for (let x = 0; x < 4; x++) {
          const [top, left] = [2 * y, 2 * x];
          const cell = [
            at(plane, top, left),
            at(plane, top, left + 1),
            at(plane, top + 1, left),
            at(plane, top + 1, left + 1),
          ];
          expect(target[(plane * 2 + y) * 4 + x]).toBeCloseTo(mean(cell), 5);
        }
  });

  it("the levels of the gradient term are those asked for, where the cells allow them", async () => {
    const value = await run({ ...objectiveOf({ gradientLevels: 1 }).scales[1]! });
    const difference = minus(value("reconstruction"), value("target"));
    expect(value("gradient")[0]).toBeCloseTo(gradientTerm(difference, 2 * H, 2 * W, 1), 4);
  });

  it("the total is the weighted sum of the terms; small scales have a factor of their own", async () => {
    const weights = { pixel: 2, absolute: 3, logPixel: 0.5, gradient: 0.25, codebook: 1, commitment: 0.125 };
    const { total, reconstruction, scales } = objectiveOf({ ...weights, smallScales: 0.75 });
    const names = Object.keys(weights) as (keyof typeof weights)[];
    const terms = scales.flatMap((scale, i) => names.map((name) => [`${name}${i}`, scale[name]] as const));
    const value = await run({ total, reconstruction, ...Object.fromEntries(terms) });
    const sum = (used: typeof names) =>
      [0.75, 1].reduce(
        (all, factor, i) =>
          all + factor * used.reduce((own, name) => own + weights[name] * value(`${name}${i}`)[0]!, 0),
        0,
      );
    expect(value("total")[0]).toBeCloseTo(sum(names), 3);
    expect(value("reconstruction")[0]).toBeCloseTo(sum(["pixel", "absolute", "logPixel", "gradient"]), 3);
  });

  it("terms of weight 0 leave no trace; without any the loss is 0", async () => {
    const none = { pixel: 0, absolute: 0, logPixel: 0, gradient: 0, codebook: 0, commitment: 0 };
    const { total, scales } = objectiveOf({ ...none, commitment: 1 });
    const value = await run({ total, one: scales[0]!.commitment, two: scales[1]!.commitment });
    expect(value("total")[0]).toBeCloseTo(value("one")[0]! + value("two")[0]!, 5);
    const idle = program("idle", { total: objectiveOf(none).total });
    expect([...idle.inputs, ...idle.params]).toEqual([]);
  });

  it("the codebook loss moves codes alone, the commitment loss the encoder alone, pixels both encoder and decoder", async () => {
    const { scales } = objectiveOf();
    const native = scales[1]!;
    const moved = async (loss: Tensor) => {
      const params = decls.map(({ name }) => p(name));
      const grads = gradients(loss, params).map((gradient, i) => [`grad ${decls[i]!.name}`, gradient] as const);
      const value = await run(Object.fromEntries(grads));
      return decls.map(({ name }) => name).filter((name) => value(`grad ${name}`).some((entry) => entry !== 0));
    };
    const half = (names: readonly string[]) =>
      ["encoder.", "decoder.", CODEBOOK].filter((begin) => names.some((name) => name.startsWith(begin)));
    expect(half(await moved(native.codebook))).toEqual([CODEBOOK]);
    expect(half(await moved(native.commitment))).toEqual(["encoder."]);
    expect(half(await moved(native.pixel))).toEqual(["encoder.", "decoder."]);
  });
});

it("pooling shapes are of the latent's cells, then of the picture's pixels", () => {
  expect(poolingShapes(3, [1, 2], ["H", 4], 8)).toEqual([
    ["latentRows3", [1, "H"]],
    ["latentColumns3", [2, 4]],
    ["imageRows3", [8, "8*H"]],
    ["imageColumns3", [16, 32]],
  ]);
  expect(imageInput(config).shape).toEqual(["B", 3, "2*H", "2*W"]);
  expect(imageInput(config, 3, 5).shape).toEqual(["B", 3, 6, 10]);
});
