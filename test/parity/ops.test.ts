/** ops.npz: resizing, the position map, and filtering, against the released code's results. */
import { afterAll, expect, test } from "vitest";
import { input, program } from "../../src/engine/index.ts";
import { areaMatrix, bicubicMatrix, resizeSeparable } from "../../src/image/index.ts";
import { declareTransformer, positions, resizeGrid, transformerConfigOf } from "../../src/models/index.ts";
import { paramTensors } from "../../src/nn/index.ts";
import { positionPool } from "../../src/pipelines/index.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { RowSampler } from "../../src/sampling/index.ts";
import { FORWARD_BAR, Golden, goldenCheckpoint } from "../support/golden.ts";

const golden = await Golden.open("ops.npz");
const runtime = nodeRuntime();
const { shapes, weights } = await goldenCheckpoint("FlexVAR-T-plain-f16.pth");
const config = transformerConfigOf("checkpoint", shapes);
const decls = declareTransformer(config);
const channels = golden.inputIds("pos_init_channels");
const { width: C, positionSide: side } = config;

/** The kept channels of a map [h, w, C], every `step`th row and column: [channels, …]. */
function keptChannels(map: ArrayLike<number>, [h, w]: readonly [number, number], step: number): number[] {
  const out: number[] = [];
  for (const channel of channels)
    for (let y = 0; y < h; y += step) for (let x = 0; x < w; x += step) out.push(map[(y * w + x) * C + channel]!);
  return out;
}

test("the declared start of the position map", () => {
  const decl = decls.find(({ name }) => name === "pos_1LC")!;
  const start = decl.init.kind === "values" ? decl.init.make() : new Float32Array();
  const kept = channels.flatMap((channel) => [...start.subarray(channel * side * side, (channel + 1) * side * side)]);
  golden.close("pos_init", kept, FORWARD_BAR);
});

test("the position map pooled to every grid, in the graph", async () => {
  const pool = input("pool", "float32", ["l", side * side]);
  const session = await runtime.open(program("positions", { map: positions(paramTensors(decls), config, pool) }), {
    weights,
  });
  const names = golden.names.filter((name) => name.startsWith("pos_area_"));
  expect(names.length).toBeGreaterThan(15);
  for (const name of names) {
    const grid = name.slice("pos_area_".length).split("x").map(Number) as [number, number];
    const pool = runtime.floats(positionPool(side, grid), [grid[0] * grid[1], side * side]);
    const { map } = await session.run({ pool });
    const step = Math.ceil(grid[0] / golden.shape(name)[1]!);
    golden.close(name, keptChannels(map!.data as Float32Array, grid, step), FORWARD_BAR);
  }
  await session.dispose();
});

const resized = golden.names.filter((name) => /^resize_[ab]_/.test(name));

test.each(resized)("%s, on the host and in the graph", async (name) => {
  const matrix = name.split("_")[2] === "area" ? areaMatrix : bicubicMatrix;
  const from = golden.input(`resize_in_${name[7]}`);
  const [B, D, h, w] = golden.shape(`resize_in_${name[7]}`) as [number, number, number, number];
  const [h2, w2] = golden.shape(name).slice(2) as [number, number];
  const [rows, columns] = [matrix(h, h2), matrix(w, w2)];
  golden.close(name, resizeSeparable(from, rows, columns), FORWARD_BAR);

  const grid = input("grid", "float32", ["B", "h", "w", D]);
  const matrices = [input("rows", "float32", ["h2", "h"]), input("columns", "float32", ["w2", "w"])] as const;
  const session = await runtime.open(program("resize", { out: resizeGrid(grid, ...matrices) }));
  const { out } = await session.run({
    grid: runtime.floats(channelsLast(from, [D, h * w]), [B, h, w, D]),
    rows: runtime.floats(rows.data, [h2, h]),
    columns: runtime.floats(columns.data, [w2, w]),
  });
  await session.dispose();
  golden.close(name, channelsLast(out!.data as Float32Array, [h2 * w2, D]), FORWARD_BAR);
});

/** [n, b, c] to [n, c, b]. */
function channelsLast(data: Float32Array, [b, c]: readonly [number, number]): Float32Array {
  return Float32Array.from(data, (_, i) => {
    const [outer, inner] = [Math.floor(i / (b * c)), i % (b * c)];
    return data[outer * b * c + (inner % b) * c + Math.floor(inner / b)]!;
  });
}

test("matrices of equal sides change nothing", () => {
  expect([...areaMatrix(3, 3).data]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
});

/** Settings in a name such as `samp_keep_ties_topk5_topp90`. */
function filterOf(name: string) {
  const number = (pattern: RegExp): number => Number(pattern.exec(name)?.[1] ?? 0);
  return { topK: number(/topk(\d+)/), topP: number(/topp(\d+)/) / 100, temperature: 1 };
}

test.each(golden.names.filter((name) => /^samp_(keep|prob)_/.test(name)))("%s", (name) => {
  const logits = golden.input(name.includes("ties") ? "samp_logits_ties" : "samp_logits");
  const V = golden.shape("samp_logits")[2]!;
  const sampler = new RowSampler(V);
  const probabilities = new Float64Array(logits.length);
  for (let begin = 0; begin < logits.length; begin += V) {
    const { ids, weights: kept, total } = sampler.filter(logits, begin, filterOf(name));
    ids.forEach((id, i) => {
      probabilities[begin + id] = kept[i]! / total;
    });
  }
  if (name.startsWith("samp_prob_")) golden.close(name, probabilities, FORWARD_BAR);
  else
    golden.same(
      name,
      Array.from(probabilities, (p) => (p > 0 ? 1 : 0)),
    );
});

test("no array is left out", () => golden.expectCovered());

afterAll(() => expect(resized).toHaveLength(34));
