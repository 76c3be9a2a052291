import { expect, it } from "vitest";
import { input, ops } from "../engine/index.ts";
import { type ParamDecl, paramTensors } from "../nn/index.ts";
import type { Value } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { adamWScalarValues, paperAdamW } from "./adamw.ts";
import { accumulationProgram, slotsOf, stepProgram } from "./step.ts";
import { openStore } from "./store.ts";

const runtime = nodeRuntime({ threads: 1 });
const decls: ParamDecl[] = [{ name: "w", shape: [2], init: { kind: "zeros" }, decay: true }];
const start = new Map([["w", Float32Array.of(1, -2)]]);
const p = paramTensors(decls);
const x = input("x", "float32", ["B", 2]);
const loss = ops.mean(ops.mul(ops.sub(ops.mul(x, p("w")), 3), ops.sub(ops.mul(x, p("w")), 3)));
const options = { adamW: paperAdamW, clip: 0.5, ema: true };
const rows = (...values: number[]): Value => runtime.floats(Float32Array.from(values), [values.length / 2, 2]);
const scalar = (value: number): Value => runtime.floats(Float32Array.of(value), []);
const { lr, correction1, correction2 } = adamWScalarValues(1, 0.1, paperAdamW);
const scalars = {
  lr: scalar(lr),
  correction1: scalar(correction1),
  correction2: scalar(correction2),
  emaDecay: scalar(0.75),
};

it("a step moves parameters, moments and averages; two gathered batches equal one of both", async () => {
  const whole = await runtime.open(stepProgram("whole", decls, p, loss, {}, options));
  const slots = openStore(runtime, decls, slotsOf(options), start);
  const fetches = { ...slots.fetches(), gradNorm: null };
  const result = await whole.run({ ...slots.feeds(), ...scalars, x: rows(1, 2, 3, 4) }, fetches);
  slots.advance(result);
  const first = slots.array("param", "w");
  // Adam's first step is lr·sign(gradient), after decay by lr·0.05; gradients here are (−, −).
  expect(first[0]).toBeCloseTo(1 * (1 - 0.005) + 0.1, 4);
  expect(first[1]).toBeCloseTo(-2 * (1 - 0.005) + 0.1, 4);
  expect(slots.array("ema", "w")[0]).toBeCloseTo(0.75 * 1 + 0.25 * first[0]!, 5);

  const gather = await runtime.open(accumulationProgram("gather", decls, p, loss, {}, 2));
  const last = await runtime.open(stepProgram("last", decls, p, loss, {}, { ...options, accumulate: 2 }));
  const parted = openStore(runtime, decls, slotsOf(options), start);
  const sums = openStore(runtime, decls, () => ["sum"], start);
  await sums.clear();
  const w = { w: parted.feeds().w! };
  sums.advance(await gather.run({ ...w, ...sums.feeds(), x: rows(1, 2) }, sums.fetches()));
  const end = await last.run(
    { ...parted.feeds(), ...sums.feeds(), ...scalars, x: rows(3, 4) },
    { ...parted.fetches(), gradNorm: null },
  );
  parted.advance(end);
  expect((end.gradNorm!.data as Float32Array)[0]).toBeCloseTo((result.gradNorm!.data as Float32Array)[0]!, 4);
  const saved = await parted.save();
  for (const [name, { data }] of await slots.save())
    saved.get(name)!.data.forEach((value, i) => {
      expect(value, name).toBeCloseTo(data[i]!, 5);
    });
});

it("parameters may learn at a rate of their own, and a second network in the same step on its own loss", async () => {
  const decl: ParamDecl = { name: "d", shape: [1], init: { kind: "zeros" }, decay: true };
  const other = paramTensors([decl]);
  const both = (name: string) => (name === "d" ? other(name) : p(name));
  const error = ops.sub(other("d"), 3);
  const second = { decls: [decl], loss: ops.mean(ops.mul(error, error)) };
  const own = { ...options, rateOf: ({ name }: ParamDecl) => (name === "w" ? 0.5 : 1) };
  const traced = stepProgram("both", decls, both, loss, {}, own, second);
  expect(Object.keys(traced.outputs).sort()).toEqual(
    [
      ...["loss", "gradNorm", "secondLoss", "secondGradNorm"],
      ...["next:w", "next:m:w", "next:v:w", "next:ema:w", "next:d", "next:m:d", "next:v:d"],
    ].sort(),
  );
  const session = await runtime.open(traced);
  const zeros = Object.fromEntries(["m:w", "v:w"].map((name) => [name, runtime.floats(new Float32Array(2), [2])]));
  const others = Object.fromEntries(["m:d", "v:d"].map((name) => [name, runtime.floats(new Float32Array(1), [1])]));
  const w = runtime.floats(Float32Array.of(1, -2), [2]);
  const d = runtime.floats(Float32Array.of(1), [1]);
  const out = await session.run({ ...scalars, ...zeros, ...others, w, "ema:w": w, d, x: rows(1, 2, 3, 4) });
  await session.dispose();
  const value = (name: string) => (out[name]!.data as Float32Array)[0]!;
  expect(value("secondLoss")).toBeCloseTo(4, 5);
  expect(value("secondGradNorm")).toBeCloseTo(4, 5);
  // Adam's first step is rate·sign(gradient), after decay by rate·0.05.
  expect(value("next:d")).toBeCloseTo(1 - 0.005 + 0.1, 4);
  expect(value("next:w")).toBeCloseTo(1 - 0.0025 + 0.05, 4);
});
