/** Networks of other sizes than the golden ones, with random weights, against plain loops in double precision. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { program } from "../../src/engine/index.ts";
import { bicubicMatrix, resizeSeparable } from "../../src/image/index.ts";
import { FlexVAR, importModel, type ScaleEvent } from "../../src/index.ts";
import * as models from "../../src/models/index.ts";
import { countParams, type ParamDecl, paramTensors } from "../../src/nn/index.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { createRandom, type Grid, gridTokens } from "../../src/sampling/index.ts";
import { expectClose, FORWARD_BAR, scratchFolder } from "../support/golden.ts";
import { type FloatType, type RandomModel, writeRandomModel } from "../support/random-model.ts";
import { referenceCosines, referenceLatent, referencePicture } from "../support/reference/tokenizer.ts";
import { referenceLogits } from "../support/reference/transformer.ts";
import { teacherFeeds, teacherInputs } from "../support/teacher-forcing.ts";

const tokenizer = (part: Partial<models.TokenizerConfig>): models.TokenizerConfig => ({
  ...models.vq16,
  baseChannels: 32,
  latentChannels: 24,
  codeDim: 5,
  codebookSize: 100,
  ...part,
});

const transformer = (part: Partial<models.TransformerConfig>): models.TransformerConfig => ({
  depth: 3,
  width: 48,
  heads: 3,
  mlpWidth: 100,
  numClasses: 1,
  codebookSize: 100,
  codeDim: 5,
  sharedAdaLN: false,
  qkNorm: true,
  positionSide: 32,
  ...part,
});

interface Case {
  readonly name: string;
  readonly tokenizer: models.TokenizerConfig;
  readonly transformer: models.TransformerConfig;
  readonly dtype: FloatType;
  readonly lowMemory: boolean;
  readonly grids: readonly Grid[];
  readonly count: number;
  readonly guidance: readonly ["ramp" | "constant", number];
  /** Grid of the picture that is encoded, and of the one that is decoded. */
  readonly picture: Grid;
}

const cases: readonly Case[] = [
  {
    name: "VQ-8, one class, three pictures, wider than the position map",
    tokenizer: tokenizer({ channelMultipliers: [1, 2, 2, 4] }),
    transformer: transformer({}),
    dtype: "float32",
    lowMemory: false,
    grids: [
      [1, 2],
      [3, 5],
      [3, 37],
    ],
    count: 3,
    guidance: ["ramp", 1.7],
    picture: [3, 2],
  },
  {
    name: "widths that are no powers of two, shared AdaLN, one step",
    tokenizer: tokenizer({
      baseChannels: 96,
      channelMultipliers: [1, 4 / 3],
      latentChannels: 7,
      resBlocks: 1,
      decoderResBlocks: 2,
    }),
    transformer: transformer({ depth: 2, width: 60, heads: 5, sharedAdaLN: true, numClasses: 3 }),
    dtype: "float16",
    lowMemory: false,
    grids: [[2, 3]],
    count: 1,
    guidance: ["ramp", 2],
    picture: [4, 6],
  },
  {
    name: "a first level wider than the base, shared AdaLN without q/k normalisation",
    tokenizer: tokenizer({ channelMultipliers: [2, 1, 3], resBlocks: 1, codeDim: 3, codebookSize: 37 }),
    transformer: transformer({
      depth: 1,
      width: 128,
      heads: 2,
      sharedAdaLN: true,
      qkNorm: false,
      codeDim: 3,
      codebookSize: 37,
    }),
    dtype: "bfloat16",
    lowMemory: true,
    grids: [
      [1, 1],
      [2, 2],
      [33, 2],
    ],
    count: 2,
    guidance: ["constant", 3],
    picture: [2, 5],
  },
  {
    name: "own AdaLN without q/k normalisation, unguided, a position map of side 7, folded pixels",
    tokenizer: tokenizer({ channelMultipliers: [1, 2], patchSize: 2, attention: false, codeDim: 1, codebookSize: 2 }),
    transformer: transformer({
      depth: 4,
      width: 64,
      heads: 1,
      qkNorm: false,
      positionSide: 7,
      codeDim: 1,
      codebookSize: 2,
    }),
    dtype: "float32",
    lowMemory: true,
    grids: [
      [3, 1],
      [2, 4],
      [1, 1],
      [5, 9],
    ],
    count: 1,
    guidance: ["ramp", 0],
    picture: [3, 3],
  },
];

const scratch = await scratchFolder();
afterAll(() => scratch.remove());

const shapesOf = (decls: readonly ParamDecl[]): models.TensorShapes =>
  new Map(decls.map(({ name, shape }) => [name, { shape }]));

describe.each(cases)("$name", (one) => {
  let model: RandomModel;
  let pipe: FlexVAR;
  const decls = {
    tokenizer: models.declareTokenizer(one.tokenizer),
    transformer: models.declareTransformer(one.transformer),
  };

  beforeAll(async () => {
    const folder = join(scratch.path, String(cases.indexOf(one)));
    await mkdir(folder);
    model = await writeRandomModel(folder, one.tokenizer, one.transformer, one.dtype, cases.indexOf(one));
    const out = join(folder, "model");
    const summary = await importModel({ tokenizer: model.tokenizerFile, transformer: model.transformerFile, out });
    expect(summary.config).toMatchObject({ tokenizer: one.tokenizer, transformer: one.transformer, dtype: one.dtype });
    expect(summary.tokenizerParams).toBe(countParams(decls.tokenizer));
    expect(summary.transformerParams).toBe(countParams(decls.transformer));
    pipe = await FlexVAR.fromPretrained(out, { lowMemory: one.lowMemory });
  });
  afterAll(() => pipe?.dispose());

  test("shapes tell the hyper-parameters that declared them", () => {
    expect(models.tokenizerConfigOf("t", shapesOf(decls.tokenizer))).toEqual(one.tokenizer);
    expect(models.transformerConfigOf("v", shapesOf(decls.transformer))).toEqual(one.transformer);
    expect(pipe.config.tokenizer).toEqual(one.tokenizer);
    expect(pipe.config.transformer).toEqual(one.transformer);
  });

  test("generation: logits of every scale for the tokens that were drawn", async () => {
    const [mode, guidance] = one.guidance;
    const events: ScaleEvent[] = [];
    for await (const event of pipe.generate({
      classLabels: [0],
      count: one.count,
      scales: one.grids.map(([h, w]): [number, number] => [h, w]),
      guidance,
      guidanceMode: mode,
      greedy: "none",
      seed: 3,
    }))
      events.push(event);
    expect(events.map(({ grid }) => grid)).toEqual(one.grids);
    const { codebookSize: V, numClasses } = one.transformer;
    const { length: n } = one.grids;
    for (let b = 0; b < one.count; b++) {
      const tokens = events.map((event) => rowOf(event.tokens, b, gridTokens(event.grid)));
      const [cond, uncond] = [0, numClasses].map((id) =>
        referenceLogits(model.weights, one.transformer, id, one.grids, tokens),
      );
      events.forEach((event, i) => {
        const ramp = n === 1 ? guidance : (guidance * i) / Math.min(n - 1, 9);
        const t = mode === "constant" ? guidance - 1 : ramp;
        const expected = cond![i]!.map((value, at) => (1 + t) * value - t * uncond![i]![at]!);
        const logits = rowOf(event.logits, b, gridTokens(event.grid) * V);
        expectClose(`picture ${b}, scale ${i}`, logits, expected, FORWARD_BAR);
      });
    }
  });

  test("the teacher-forced pass", async () => {
    const random = createRandom(11, one.name);
    const { codebookSize: V, codeDim: Z, numClasses } = one.transformer;
    const tokens = one.grids.map((grid) => Int32Array.from({ length: gridTokens(grid) }, () => random.int(V)));
    const unitCodes = unitRows(model.weights.get(models.CODEBOOK)!, Z);
    const codes = one.grids.slice(1).flatMap(([h, w], i) => {
      const from = one.grids[i]!;
      const planes = Array.from({ length: Z }, (_, z) => [...tokens[i]!].map((id) => unitCodes[id * Z + z]!)).flat();
      const [rows, columns] = [bicubicMatrix(from[0], h), bicubicMatrix(from[1], w)];
      const resized = resizeSeparable(Float32Array.from(planes), rows, columns);
      return Array.from({ length: h * w * Z }, (_, at) => resized[(at % Z) * h * w + Math.floor(at / Z)]!);
    });
    const { logits } = models.teacherForced(
      paramTensors(decls.transformer),
      one.transformer,
      teacherInputs(one.transformer, gridTokens(one.grids[0]!)),
    );
    const runtime = nodeRuntime();
    const weights = new Map([...model.weights].map(([name, data]) => [name, { kind: "memory", data }] as const));
    const session = await runtime.open(program("teacher", { logits }), { weights });
    const feeds = teacherFeeds(runtime, one.transformer, [numClasses], one.grids, Float32Array.from(codes));
    const actual = (await session.run(feeds)).logits!.data as Float32Array;
    await session.dispose();
    const expected = referenceLogits(model.weights, one.transformer, numClasses, one.grids, tokens);
    expectClose(
      "logits",
      actual,
      expected.flatMap((scale) => [...scale]),
      FORWARD_BAR,
    );
  });

  test("decoding", async () => {
    const random = createRandom(9, one.name);
    const tokens = Int32Array.from({ length: gridTokens(one.picture) }, () => random.int(one.tokenizer.codebookSize));
    const { data, height, width } = await pipe.decode({ grid: one.picture, tokens });
    const expected = referencePicture(model.weights, one.tokenizer, one.picture, tokens);
    expect([height, width]).toEqual([expected.h, expected.w]);
    expectClose("picture", data, expected.data, FORWARD_BAR);
  });

  test("encoding: every token is the nearest code at every grid", async () => {
    const random = createRandom(10, one.name);
    const [h, w] = [one.picture[0] * pipe.factor, one.picture[1] * pipe.factor];
    const data = Float32Array.from({ length: 3 * h * w }, () => 2 * random.uniform() - 1);
    const latent = referenceLatent(model.weights, one.tokenizer, { channels: 3, h, w, data: Float64Array.from(data) });
    const grids: Grid[] = [[1, 1], [2, 3], one.picture, [one.picture[0] + 1, 2]];
    const scales = await pipe.encode({ data, batch: 1, height: h, width: w }, grids);
    expect(scales.map(({ grid }) => grid)).toEqual(grids);
    for (const { grid, tokens } of scales) {
      const cosines = referenceCosines(model.weights, one.tokenizer, latent, grid);
      expect(tokens).toHaveLength(cosines.length);
      cosines.forEach((row, t) => {
        expect(Math.max(...row) - row[tokens[t]!]!, `${grid} ${t}`).toBeLessThanOrEqual(2e-5);
      });
    }
  });
});

function unitRows(table: Float32Array, width: number): Float32Array {
  return table.map((value, i) => {
    const begin = i - (i % width);
    return value / Math.hypot(...table.subarray(begin, begin + width));
  });
}

/** Row `b` of rows of `size` numbers. */
function rowOf<T extends Float32Array | Int32Array>(data: T, b: number, size: number): T {
  return data.subarray(b * size, (b + 1) * size) as T;
}
