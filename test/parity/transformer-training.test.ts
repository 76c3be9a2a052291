/** transformer.npz, training: teacher forcing's inputs, losses, gradients and five steps of AdamW. */
import { beforeAll, describe, expect, test } from "vitest";
import { checkProgram, gradients, input, ops, program } from "../../src/engine/index.ts";
import * as models from "../../src/models/index.ts";
import { paramTensors } from "../../src/nn/index.ts";
import type { Value } from "../../src/runtime/index.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { layoutScales } from "../../src/sampling/index.ts";
import * as train from "../../src/train/index.ts";
import { writeTeacherCodes } from "../../src/train/teacher.ts";
import { expectClose, FORWARD_BAR, Golden, goldenCheckpoint, goldenNames, TRAINING_BAR } from "../support/golden.ts";
import { expectGradientTable } from "../support/gradient-table.ts";
import { gridsOf, teacherFeeds } from "../support/teacher-forcing.ts";

/** Losses agree to float32's rounding, well within the bar. */
const LOSS_BAR = 1e-5;

const LIST = "1_2_4_6_8";
const golden = await Golden.open("transformer.npz", /^(?!tf_)/);
const tokenizer = await Golden.open("tokenizer.npz", new RegExp(`^(tf_in|ms_idx)_pair_${LIST}$`));
const runtime = nodeRuntime();
const { shapes, weights } = await goldenCheckpoint("FlexVAR-T-trainer.pth");
const config = models.transformerConfigOf("checkpoint", shapes);
const decls = models.declareTransformer(config);
const p = paramTensors(decls);

const labels = [0, 3];
const ids = tokenizer.inputIds(`ms_idx_pair_${LIST}`);
const L = ids.length / labels.length;
const codes = tokenizer.input(`tf_in_pair_${LIST}`);
const { class_ids, ...sequence } = teacherFeeds(runtime, config, labels, gridsOf(LIST), codes);
const targets = runtime.ints(ids, [labels.length, L]);
const feeds: Record<string, Value> = { classIds: class_ids!, ...sequence, targets };

const floats = (value: Value | undefined): Float32Array => value!.data as Float32Array;

test("inputs of teacher forcing", async () => {
  const { weights: vae } = await goldenCheckpoint("FlexVAE-T-f16.pth");
  const Z = config.codeDim;
  const unit = Float32Array.from(vae.get(models.CODEBOOK)!.data);
  for (let at = 0; at < unit.length; at += Z) {
    const norm = Math.hypot(...unit.subarray(at, at + Z));
    for (let z = 0; z < Z; z++) unit[at + z]! /= norm;
  }
  const { begins, ends, total } = layoutScales(gridsOf(LIST));
  const out = new Float32Array(labels.length * (total - 1) * Z);
  for (const row of labels.keys()) {
    const own = Int32Array.from(ids).subarray(row * total, (row + 1) * total);
    const tokens = begins.map((begin, i) => own.subarray(begin, ends[i]));
    writeTeacherCodes(unit, Z, gridsOf(LIST), tokens, out, row * (total - 1) * Z);
  }
  tokenizer.close(`tf_in_pair_${LIST}`, out, LOSS_BAR);
});

describe.each([
  ["loss_ls0", 0],
  ["loss_ls1", 0.1],
])("%s", (name, labelSmoothing) => {
  test("every position", async () => {
    const { logits } = models.teacherForced(p, config, train.sequenceInputs(config, false));
    const positions = train.crossEntropyPerPosition(logits, input("targets", "int64", ["B", "L"]), labelSmoothing);
    const session = await runtime.open(program("positions", { positions, best: ops.argMax(logits, 2) }), { weights });
    const found = await session.run(feeds);
    golden.close(`${name}_per_pos`, floats(found.positions), TRAINING_BAR);
    const hits = Array.from(found.best!.data as BigInt64Array, Number).filter((id, i) => id === ids[i]).length;
    golden.close("acc", [hits / ids.length], 1e-6);
    await session.dispose();
  });

  test("its mean, and means over pictures without smoothing", async () => {
    const objective = train.transformerObjective(p, config, { labelSmoothing, dropPath: false });
    const session = await runtime.open(program("objective", { ...objective }), { weights });
    const { loss, perPosition } = await session.run(feeds);
    golden.close(name, floats(loss), LOSS_BAR);
    const plain = golden.input("loss_ls0_per_pos");
    const means = plain.subarray(0, L).map((x, i) => (x + plain[L + i]!) / 2);
    expectClose("means over pictures", floats(perPosition), means, LOSS_BAR);
    await session.dispose();
  });
});

describe("label smoothing 0.1", () => {
  const { loss } = train.transformerObjective(p, config, { labelSmoothing: 0.1, dropPath: false });
  let first: Record<string, Value>;
  beforeAll(async () => {
    const params = decls.map(({ name }) => p(name));
    const grads = gradients(loss, params).map((gradient, i) => [`grad ${decls[i]!.name}`, gradient] as const);
    const traced = program("gradients", Object.fromEntries(grads));
    checkProgram(traced);
    const session = await runtime.open(traced, { weights });
    first = await session.run(feeds);
    await session.dispose();
  });
  const gradient = (name: string): Float32Array => floats(first[`grad ${name}`]);

  /** Which part of a gradient is stored: every `step`th slice along an axis. */
  const parts: Record<string, { readonly axis: number; readonly step: number }> = {
    "blocks.0.attn.mat_qkv.weight": { axis: 0, step: 4 },
    "blocks.0.ada_lin.1.weight": { axis: 0, step: 8 },
    pos_1LC: { axis: 1, step: 8 },
  };

  test.each(golden.names.filter((name) => name.startsWith("grad.")))("%s", (name) => {
    const parameter = name.slice("grad.".length);
    const { axis, step } = parts[parameter] ?? { axis: 0, step: 1 };
    const shape = decls.find((decl) => decl.name === parameter)!.shape;
    const inner = shape.slice(axis + 1).reduce((n, d) => n * d, 1);
    const kept = gradient(parameter).filter((_, i) => (Math.floor(i / inner) % shape[axis]!) % step === 0);
    golden.close(name, kept, TRAINING_BAR);
  });

  test("every parameter's gradient by norm, sum and cosine sum", () => {
    const names = goldenNames("transformer:grad_table_names");
    expect([...names].sort()).toEqual(decls.map(({ name }) => name).sort());
    expectGradientTable(names, golden.input("grad_table"), gradient);
  });

  test("parameters that do not decay are the released ones", () => {
    const kept = decls.filter(({ decay }) => !decay).map(({ name }) => name);
    expect(kept.sort()).toEqual([...goldenNames("transformer:adamw_no_decay_names")].sort());
  });

  test("five steps of AdamW", async () => {
    const rate = { peakLr: 1e-3, warmupSteps: 0, warmupStart: 0, holdShare: 0, finalShare: 1, steps: 5 };
    const optimizer = { ...rate, ...train.paperAdamW, shape: "constant", clip: 2, emaDecay: 0 } as const;
    const options = train.stepOptionsOf(optimizer);
    const start = new Map([...weights].map(([name, { data }]) => [name, data]));
    const store = train.openStore(runtime, decls, train.slotsOf(options), start);
    const traced = train.stepProgram("steps", decls, p, loss, {}, options);
    checkProgram(traced);
    const steps = await runtime.open(traced);
    const [losses, norms]: [number[], number[]] = [[], []];
    for (let t = 1; t <= 5; t++) {
      const done = await train.optimizerStep(runtime, steps, [store], optimizer, t, feeds);
      losses.push(done.loss);
      norms.push(done.gradNorm);
    }
    golden.close("adamw_losses", losses, LOSS_BAR);
    golden.close("adamw_gradnorms", norms, FORWARD_BAR);
    golden.close("adamw_final_head_weight", store.array("param", "head.weight"), FORWARD_BAR);
    await steps.dispose();
  });
});

test("no array is left out", () => {
  golden.expectCovered();
  tokenizer.expectCovered();
});
