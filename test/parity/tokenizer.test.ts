/** tokenizer.npz, forward: encoder, quantiser, multi-scale tokens, decoder, and the transformer's teacher-forcing inputs. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { input, program, type Tensor } from "../../src/engine/index.ts";
import { areaMatrix, bicubicMatrix } from "../../src/image/index.ts";
import { FlexVAR } from "../../src/index.ts";
import * as models from "../../src/models/index.ts";
import { compareParams, convLayer, expectParams, paramTensors } from "../../src/nn/index.ts";
import type { FlexVARPipeline } from "../../src/pipelines/index.ts";
import type { Session } from "../../src/runtime/index.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { type Grid, layoutScales } from "../../src/sampling/index.ts";
import { FORWARD_BAR, Golden, goldenCheckpoint, importGolden, scratchFolder } from "../support/golden.ts";

const golden = await Golden.open("tokenizer.npz", /^(?!train_)/);
const runtime = nodeRuntime();
const { shapes, weights } = await goldenCheckpoint("FlexVAE-T-f16.pth");
const config = models.tokenizerConfigOf("checkpoint", shapes);
const decls = models.declareTokenizer(config);
const p = paramTensors(decls);
const folder = await scratchFolder();

let pipe: FlexVARPipeline;
let encoder: Session;

beforeAll(async () => {
  pipe = await FlexVAR.fromPretrained(await importGolden(folder.path));
  const f = models.downsampling(config);
  const image = input("image", "float32", ["B", 3, `${f}*h`, `${f}*w`]);
  encoder = await runtime.open(
    program("encoder", { h: models.encoderFeatures(p, config, image), q: models.encodeLatent(p, config, image) }),
    { weights },
  );
});

afterAll(async () => {
  await pipe.dispose();
  await encoder.dispose();
  await folder.remove();
});

/** A golden picture batch as the pipeline takes it. */
function picture(which: string) {
  const [batch, , height, width] = golden.shape(`img_${which}`) as [number, number, number, number];
  return { data: golden.input(`img_${which}`), batch, height, width };
}

const runEncoder = async (which: string) => {
  const { data, batch, height, width } = picture(which);
  return encoder.run({ image: runtime.floats(data, [batch, 3, height, width]) });
};

/** Tokens of scale after scale, [B, l] each, as one [B, L]. */
function concatenated(scales: readonly { readonly tokens: Int32Array }[], B: number): number[] {
  return Array.from({ length: B }, (_, b) =>
    scales.flatMap(({ tokens }) => {
      const l = tokens.length / B;
      return [...tokens.subarray(b * l, (b + 1) * l)];
    }),
  ).flat();
}

test("hyper-parameters are read off the shapes and declare the checkpoint's tensors", () => {
  expect(config).toEqual({
    baseChannels: 32,
    channelMultipliers: [1, 1, 1, 1, 2],
    resBlocks: 2,
    decoderResBlocks: 3,
    attention: true,
    latentChannels: 64,
    codeDim: 8,
    codebookSize: 64,
    normGroups: 32,
    patchSize: 1,
  });
  expectParams("tokenizer", compareParams(decls, shapes, models.isTokenizerBuffer));
});

describe.each(["sq", "ns", "pair"])("picture %s", (which) => {
  test("latents before and after the 1x1 convolution", async () => {
    const { h, q } = await runEncoder(which);
    golden.close(`enc_h_${which}`, h!.data as Float32Array, FORWARD_BAR);
    golden.close(`enc_q_${which}`, q!.data as Float32Array, FORWARD_BAR);
  });

  test("tokens of the native grid and the picture they decode to", async () => {
    const { height, width } = picture(which);
    const native: Grid = [height / pipe.factor, width / pipe.factor];
    const [scale] = await pipe.encode(picture(which), [native]);
    golden.same(`idx_full_${which}`, scale!.tokens);
    if (!golden.names.includes(`dec_${which}`)) return;
    golden.close(`dec_${which}`, (await pipe.decode(scale!)).data, FORWARD_BAR);
  });
});

const lists = golden.names.flatMap((name) => {
  const match = /^ms_idx_([a-z]+)_([\d_]+)$/.exec(name);
  return match === null ? [] : [{ which: match[1]!, list: match[2]! }];
});
const gridsOf = (list: string): Grid[] => list.split("_").map((side): Grid => [Number(side), Number(side)]);

describe.each(lists)("picture $which at scales $list", ({ which, list }) => {
  test("tokens of every scale and the transformer's inputs made of them", async () => {
    const grids = gridsOf(list);
    const B = picture(which).batch;
    const scales = await pipe.encode(picture(which), grids);
    golden.same(`ms_idx_${which}_${list}`, concatenated(scales, B));
    golden.close(`tf_in_${which}_${list}`, await teacherInputs(scales, B), FORWARD_BAR);
  });
});

/** Unit codes of scale i resized bicubically to grid i + 1, [B, L − 1, Z]. */
async function teacherInputs(scales: readonly { grid: Grid; tokens: Int32Array }[], B: number): Promise<Float32Array> {
  const Z = config.codeDim;
  const tokens = input("tokens", "int64", ["B", "l"]);
  const look = await runtime.open(program("look_up", { codes: models.lookUpCodes(p, tokens) }), { weights });
  const grid: Tensor = input("grid", "float32", ["B", "h", "w", Z]);
  const [rows, columns] = [input("rows", "float32", ["h2", "h"]), input("columns", "float32", ["w2", "w"])];
  const resize = await runtime.open(program("resize", { out: models.resizeGrid(grid, rows, columns) }));
  const { begins, ends, total } = layoutScales(scales.map((scale) => scale.grid));
  const all = new Float32Array(B * (total - 1) * Z);
  for (const [i, { grid: from, tokens: ids }] of scales.slice(0, -1).entries()) {
    const to = scales[i + 1]!.grid;
    const { codes } = await look.run({ tokens: runtime.ints(ids, [B, from[0] * from[1]]) });
    const [byRow, byColumn] = [bicubicMatrix(from[0], to[0]), bicubicMatrix(from[1], to[1])];
    const { out } = await resize.run({
      grid: runtime.floats(codes!.data as Float32Array, [B, ...from, Z]),
      rows: runtime.floats(byRow.data, [byRow.out, byRow.in]),
      columns: runtime.floats(byColumn.data, [byColumn.out, byColumn.in]),
    });
    const l = ends[i + 1]! - begins[i + 1]!;
    for (let b = 0; b < B; b++)
      all.set(
        (out!.data as Float32Array).subarray(b * l * Z, (b + 1) * l * Z),
        (b * (total - 1) + begins[i + 1]! - 1) * Z,
      );
  }
  await Promise.all([look.dispose(), resize.dispose()]);
  return all;
}

test("pooling before the 1x1 convolution gives the released tokens of that route", async () => {
  const h = input("h", "float32", [1, "h", "w", config.latentChannels]);
  const [rows, columns] = [input("rows", "float32", ["h2", "h"]), input("columns", "float32", ["w2", "w"])];
  const side = input("side", "float32", [1, config.latentChannels, "h2", "w2"]);
  const pool = await runtime.open(program("pool", { out: models.resizeGrid(h, rows, columns) }));
  const quantise = await runtime.open(
    program("quantise", { tokens: models.nearestCodes(p, models.latentRows(convLayer(p, "quant_conv", side, {}))) }),
    { weights },
  );
  const features = (await runEncoder("sq")).h!;
  const [, D, height, width] = features.dims as [number, number, number, number];
  const from = features.data as Float32Array;
  const tokens: Int32Array[] = [];
  for (const [h2, w2] of gridsOf("1_2_3_4")) {
    const { out } = await pool.run({
      h: runtime.floats(transposed(from, D), [1, height, width, D]),
      rows: runtime.floats(areaMatrix(height, h2).data, [h2, height]),
      columns: runtime.floats(areaMatrix(width, w2).data, [w2, width]),
    });
    const cells = transposed(out!.data as Float32Array, h2 * w2);
    const ids = (await quantise.run({ side: runtime.floats(cells, [1, D, h2, w2]) })).tokens!;
    tokens.push(Int32Array.from(ids.data as BigInt64Array, Number));
  }
  golden.same(
    "ms2_idx_sq_1_2_3_4",
    tokens.flatMap((ids) => [...ids]),
  );
  await Promise.all([pool.dispose(), quantise.dispose()]);
});

/** [rows, columns] to [columns, rows]. */
function transposed(data: Float32Array, rows: number): Float32Array {
  const columns = data.length / rows;
  return Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
}

test.each(["4x4", "4x6", "1x1", "3x2"])("random tokens of grid %s decoded", async (size) => {
  const grid = size.split("x").map(Number) as [number, number];
  const tokens = Int32Array.from(golden.inputIds(`rand_idx_${size}`));
  const image = await pipe.decode({ grid, tokens });
  expect([image.batch, 3, image.height, image.width]).toEqual(golden.shape(`rand_dec_${size}`));
  golden.close(`rand_dec_${size}`, image.data, FORWARD_BAR);
});

test("no array is left out", () =>
  golden.expectCovered([[/^(idxgap|ms_gap)_/, "margins: how near a second code was, nothing that is computed here"]]));
