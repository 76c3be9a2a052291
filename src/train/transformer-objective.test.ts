import { beforeAll, describe, expect, it } from "vitest";
import { floats, type GoldenArray, goldenNpz, integers } from "../../test/support/golden-npz.ts";
import { checkProgram, gradients, program } from "../engine/index.ts";
import { declareTransformer, type TransformerConfig, transformerConfigOf } from "../models/index.ts";
import { type ParamDecl, paramTensors } from "../nn/index.ts";
import type { Runtime, Value, WeightData } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { blockCausalBias, type Grid, layoutScales } from "../sampling/index.ts";
import { adamWScalarValues, paperAdamW } from "./adamw.ts";
import { differenceFromRow, goldenNames, goldenWeights, relative } from "./golden-support.ts";
import { slotsOf, stepProgram } from "./step.ts";
import { openStore } from "./store.ts";
import { positionPoolRows, writeTeacherCodes } from "./teacher.ts";
import { transformerObjective } from "./transformer-objective.ts";

const TOLERANCE = 1e-3;
const GRIDS: Grid[] = [1, 2, 4, 6, 8].map((s) => [s, s]);
const LIST = "1_2_4_6_8";
/** Which rows of an array the golden data keep. */
const EVERY: Readonly<Record<string, number>> = { "blocks.0.attn.mat_qkv.weight": 4, "blocks.0.ada_lin.1.weight": 8 };

const runtime: Runtime = nodeRuntime({ threads: 1 });
let golden: Map<string, GoldenArray>;
let tokenizer: Map<string, GoldenArray>;
let weights: Map<string, WeightData & { data: Float32Array }>;
let config: TransformerConfig;
let decls: ParamDecl[];

function feeds(): Record<string, Value> {
  const layout = layoutScales(GRIDS);
  const L = layout.total;
  const pool = GRIDS.flatMap((grid) => [...positionPoolRows(config.positionSide, grid)]);
  const codes = tokenizer.get(`tf_in_pair_${LIST}`)!;
  return {
    classIds: runtime.ints([0, 3], [2]),
    codes: runtime.floats(codes.data as Float32Array, codes.shape),
    pool: runtime.floats(Float32Array.from(pool), [L, config.positionSide ** 2]),
    bias: runtime.floats(blockCausalBias(layout), [L, L]),
    targets: runtime.ints(integers(tokenizer, `ms_idx_pair_${LIST}`), [2, L]),
  };
}

beforeAll(async () => {
  golden = await goldenNpz("transformer.npz");
  tokenizer = await goldenNpz("tokenizer.npz");
  const file = await goldenWeights("FlexVAR-T-plain-f16.pth");
  weights = file.weights;
  config = transformerConfigOf("golden", file.shapes);
  decls = declareTransformer(config);
});

it("teacher forcing's inputs agree with the reference", async () => {
  const { weights: vae } = await goldenWeights("FlexVAE-T-f16.pth");
  const Z = config.codeDim;
  const codes = Float32Array.from(vae.get("quantize.embedding.weight")!.data);
  for (let at = 0; at < codes.length; at += Z) {
    const norm = Math.hypot(...codes.subarray(at, at + Z));
    for (let z = 0; z < Z; z++) codes[at + z]! /= norm;
  }
  const ids = Int32Array.from(integers(tokenizer, `ms_idx_pair_${LIST}`));
  const { begins, ends, total } = layoutScales(GRIDS);
  const out = new Float32Array(2 * (total - 1) * Z);
  for (let row = 0; row < 2; row++) {
    const own = ids.subarray(row * total, (row + 1) * total);
    const tokens = GRIDS.map((_, i) => own.subarray(begins[i], ends[i]));
    writeTeacherCodes(codes, Z, GRIDS, tokens, out, row * (total - 1) * Z);
  }
  expect(relative(out, floats(tokenizer, `tf_in_pair_${LIST}`))).toBeLessThan(1e-5);
});

describe("the transformer's loss and gradients", () => {
  let values: Map<string, Float32Array>;

  beforeAll(async () => {
    const p = paramTensors(decls);
    const objective = transformerObjective(p, config, { labelSmoothing: 0.1, dropPath: false });
    const grads = gradients(
      objective.loss,
      decls.map((d) => p(d.name)),
    );
    const traced = program("losses", {
      loss: objective.loss,
      perPosition: objective.perPosition,
      ...Object.fromEntries(decls.map((d, i) => [`grad:${d.name}`, grads[i]!])),
    });
    checkProgram(traced);
    const session = await runtime.open(traced, { weights });
    const result = await session.run(feeds());
    values = new Map(Object.entries(result).map(([key, value]) => [key, value.data as Float32Array]));
    await session.dispose();
  });

  it("have the reference's values, smoothed and plain", () => {
    expect(relative(values.get("loss")!, floats(golden, "loss_ls1"))).toBeLessThan(1e-5);
    const perPosition = values.get("perPosition")!;
    const plain = perPosition.reduce((sum, x) => sum + x, 0) / perPosition.length;
    expect(relative([plain], floats(golden, "loss_ls0"))).toBeLessThan(1e-5);
  });

  it("is the mean of its positions", () => {
    const perPosition = floats(golden, "loss_ls0_per_pos");
    const L = perPosition.length / 2;
    const means = perPosition.subarray(0, L).map((x, i) => (x + perPosition[L + i]!) / 2);
    expect(relative(values.get("perPosition")!, means)).toBeLessThan(1e-5);
  });

  it.each([
    "word_embed.weight",
    "blocks.0.attn.mat_qkv.weight",
    "blocks.0.ada_lin.1.weight",
    "head.weight",
    "class_emb.weight",
    "blocks.0.attn.scale_mul_1H11",
    "blocks.1.attn.scale_mul_1H11",
    "pos_start",
    "blocks.0.attn.q_bias",
    "blocks.0.attn.v_bias",
  ])("gradient of %s", (name) => {
    const whole = values.get(`grad:${name}`)!;
    const [rows = 1, ...rest] = decls.find((d) => d.name === name)!.shape;
    const row = rest.reduce((a, b) => a * b, 1);
    const step = EVERY[name] ?? 1;
    const kept = Array.from({ length: Math.ceil(rows / step) }, (_, i) => [
      ...whole.subarray(i * step * row, (i * step + 1) * row),
    ]).flat();
    expect(relative(kept, floats(golden, `grad.${name}`))).toBeLessThan(TOLERANCE);
  });

  it("agree with the reference's table of all gradients", async () => {
    const order = await goldenNames("transformer:grad_table");
    const table = floats(golden, "grad_table");
    const largest = Math.max(...order.map((_, i) => table[3 * i]!));
    const failing = order.filter((name, i) => {
      const row = [...table.subarray(3 * i, 3 * i + 3)];
      return differenceFromRow(values.get(`grad:${name}`)!, row, largest) > TOLERANCE;
    });
    expect(failing).toEqual([]);
  });
});

it("five AdamW steps agree with the reference", async () => {
  const noDecay = await goldenNames("adamw_no_decay");
  expect(
    decls
      .filter((d) => !d.decay)
      .map((d) => d.name)
      .sort(),
  ).toEqual([...noDecay].sort());
  const options = { adamW: paperAdamW, clip: 2, ema: false };
  const p = paramTensors(decls);
  const { loss } = transformerObjective(p, config, { labelSmoothing: 0.1, dropPath: false });
  const session = await runtime.open(stepProgram("steps", decls, p, loss, {}, options));
  const slots = openStore(runtime, decls, slotsOf(options), new Map([...weights].map(([name, w]) => [name, w.data])));
  const scalar = (value: number): Value => runtime.floats(Float32Array.of(value), []);
  const losses: number[] = [];
  const norms: number[] = [];
  for (let step = 1; step <= 5; step++) {
    const { lr, correction1, correction2 } = adamWScalarValues(step, 1e-3, paperAdamW);
    const scalars = { lr: scalar(lr), correction1: scalar(correction1), correction2: scalar(correction2) };
    const fetches = { ...slots.fetches(), loss: null, gradNorm: null };
    const result = await session.run({ ...slots.feeds(), ...feeds(), ...scalars }, fetches);
    slots.advance(result);
    losses.push((result.loss!.data as Float32Array)[0]!);
    norms.push((result.gradNorm!.data as Float32Array)[0]!);
  }
  expect(relative(losses, floats(golden, "adamw_losses"))).toBeLessThan(1e-5);
  expect(relative(norms, floats(golden, "adamw_gradnorms"))).toBeLessThan(1e-4);
  const head = slots.array("param", "head.weight");
  expect(relative(head, floats(golden, "adamw_final_head_weight"))).toBeLessThan(1e-4);
  await session.dispose();
});
