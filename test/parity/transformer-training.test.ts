/** transformer.npz, training: losses, gradients and five steps of AdamW. */
import { beforeAll, describe, expect, test } from "vitest";
import { checkProgram, gradients, input, ops, param, program, type Tensor } from "../../src/engine/index.ts";
import * as models from "../../src/models/index.ts";
import { paramTensors } from "../../src/nn/index.ts";
import type { Session, Value } from "../../src/runtime/index.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import * as train from "../../src/train/index.ts";
import { Golden, goldenCheckpoint, goldenNames, TRAINING_BAR } from "../support/golden.ts";
import { expectGradientTable } from "../support/gradient-table.ts";
import { gridsOf, teacherFeeds, teacherInputs } from "../support/teacher-forcing.ts";

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
const feeds: Record<string, Value> = {
  ...teacherFeeds(runtime, config, labels, gridsOf(LIST), tokenizer.input(`tf_in_pair_${LIST}`)),
  targets: runtime.ints(ids, [labels.length, L]),
};
const { logits } = models.teacherForced(p, config, teacherInputs(config));
const targets = input("targets", "int64", ["B", "L"]);

/** Loss, its positions and every gradient; parameters, moments and what AdamW makes of them. */
function trainingProgram(labelSmoothing: number) {
  const loss = train.crossEntropy(logits, targets, labelSmoothing);
  const params = decls.map(({ name }) => p(name));
  const grads = gradients(loss, params);
  const norm = train.globalNorm(grads);
  const clip = train.clipFactor(norm, 2);
  const scalar = (name: string): Tensor => input(name, "float32", []);
  const scalars = { lr: scalar("lr"), correction1: scalar("correction1"), correction2: scalar("correction2") };
  const outputs: Record<string, Tensor> = {
    loss,
    norm,
    positions: train.crossEntropyPerPosition(logits, targets, labelSmoothing),
    best: ops.argMax(logits, 2),
  };
  decls.forEach(({ name, shape, decay }, i) => {
    const moments = { m: param(`m:${name}`, shape), v: param(`v:${name}`, shape) };
    const next = train.adamWUpdate(params[i]!, ops.mul(grads[i]!, clip), moments, decay, scalars, train.paperAdamW);
    Object.assign(outputs, {
      [`grad ${name}`]: grads[i]!,
      [`next ${name}`]: next.param,
      [`next m:${name}`]: next.m,
      [`next v:${name}`]: next.v,
    });
  });
  const traced = program("train", outputs);
  checkProgram(traced);
  return traced;
}

/** Parameters and zero moments by name. */
function startState(): Record<string, Value> {
  return Object.fromEntries(
    decls.flatMap(({ name, shape }) => {
      const data = weights.get(name)!.data;
      const zeros = (): Value => runtime.floats(new Float32Array(data.length), shape);
      return [
        [name, runtime.floats(data, shape)],
        [`m:${name}`, zeros()],
        [`v:${name}`, zeros()],
      ] as const;
    }),
  );
}

const stepFeeds = (t: number, lr: number): Record<string, Value> =>
  Object.fromEntries(
    Object.entries(train.adamWScalarValues(t, lr, train.paperAdamW)).map(([name, value]) => [
      name,
      runtime.floats(Float32Array.of(value), []),
    ]),
  );

const floats = (value: Value | undefined): Float32Array => value!.data as Float32Array;

describe.each([
  ["loss_ls0", 0],
  ["loss_ls1", 0.1],
])("%s", (name, labelSmoothing) => {
  test("mean and every position", async () => {
    const session = await runtime.open(trainingProgram(labelSmoothing));
    const wanted = { loss: null, positions: null, best: null };
    const { loss, positions, best } = await session.run({ ...feeds, ...startState(), ...stepFeeds(1, 0) }, wanted);
    golden.close(name, floats(loss), TRAINING_BAR);
    golden.close(`${name}_per_pos`, floats(positions), TRAINING_BAR);
    const hits = Array.from(best!.data as BigInt64Array, Number).filter((id, i) => id === ids[i]).length;
    golden.close("acc", [hits / ids.length], 1e-6);
    await session.dispose();
  });
});

describe("label smoothing 0.1", () => {
  let session: Session;
  let first: Record<string, Value>;
  beforeAll(async () => {
    session = await runtime.open(trainingProgram(0.1));
    first = await session.run({ ...feeds, ...startState(), ...stepFeeds(1, 1e-3) });
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
    let state = startState();
    const [losses, norms]: [number[], number[]] = [[], []];
    for (let t = 1; t <= 5; t++) {
      const outputs = await session.run({ ...feeds, ...state, ...stepFeeds(t, 1e-3) });
      losses.push(floats(outputs.loss)[0]!);
      norms.push(floats(outputs.norm)[0]!);
      state = Object.fromEntries(Object.keys(state).map((name) => [name, outputs[`next ${name}`]!]));
    }
    golden.close("adamw_losses", losses, TRAINING_BAR);
    golden.close("adamw_gradnorms", norms, TRAINING_BAR);
    golden.close("adamw_final_head_weight", floats(state["head.weight"]), TRAINING_BAR);
  });
});

test("no array is left out", () => {
  golden.expectCovered();
  tokenizer.expectCovered();
});
