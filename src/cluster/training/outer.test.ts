import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../sampling/index.ts";
import type { CoordinatorOptions } from "./coordinator.ts";
import { roundEnd } from "./coordinator.ts";
import { type Arrays, outerStep } from "./outer.ts";
import { isOver, type RoundView } from "./rule.ts";
import { readArrays, writeArrays, writeDifferences } from "./wire.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-outer-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const SIZE = 64;
const named = (data: Float32Array, name = "w"): Arrays => new Map([[name, { shape: [data.length], data }]]);
const drawn = (key: string, scale = 1): Float32Array => {
  const random = createRandom(1, key);
  return Float32Array.from({ length: SIZE }, () => scale * random.normal());
};
const never = () => false;
const bits = (arrays: Arrays, name = "w"): Uint32Array => new Uint32Array(arrays.get(name)!.data.slice().buffer);

describe("the outer step", () => {
  it("is PyTorch's SGD with Nesterov momentum on the members' mean difference", () => {
    const settings = { outerRate: 0.7, outerMomentum: 0.9 };
    const target = [drawn("a"), drawn("b"), drawn("c")];
    let state = { weights: named(drawn("start")), momenta: new Map() as Arrays };
    const w = Float64Array.from(state.weights.get("w")!.data);
    const b = new Float64Array(SIZE);
    for (let round = 0; round < 5; round++) {
      const before = state.weights.get("w")!.data;
      const answers = target.map((t) => ({
        isDifference: false,
        arrays: named(before.map((value, i) => value + 0.1 * (t[i]! - value))),
      }));
      state = outerStep(state.weights, state.momenta, answers, settings, never);
      for (let i = 0; i < SIZE; i++) {
        const mean = (target[0]![i]! + target[1]![i]! + target[2]![i]!) / 3;
        const g = 0.1 * (w[i]! - mean);
        b[i] = 0.9 * b[i]! + g;
        w[i]! -= 0.7 * (g + 0.9 * b[i]!);
      }
    }
    state.weights.get("w")!.data.forEach((value, i) => {
      expect(value).toBeCloseTo(w[i]!, 5);
    });
    state.momenta.get("w")!.data.forEach((value, i) => {
      expect(value).toBeCloseTo(b[i]!, 5);
    });
  });

  it("at rate 1 without momentum makes one member's weights the new ones, bit for bit", () => {
    const own = drawn("own", 1e-3);
    own.set([-0, 0, 1e-45, -3e38], 0);
    const start = drawn("start", 1e6);
    const answers = [{ arrays: named(own), isDifference: false }];
    const { weights, momenta } = outerStep(named(start), new Map(), answers, { outerRate: 1, outerMomentum: 0 }, never);
    expect(bits(weights)).toEqual(bits(named(own)));
    expect(momenta.size).toBe(0);
  });

  it("joins moving averages by their mean alone, and takes differences as such", () => {
    const start = named(Float32Array.of(1, 2), "ema:w");
    const answers = [Float32Array.of(1, 0), Float32Array.of(3, 1)].map((data) => ({
      arrays: named(data, "ema:w"),
      isDifference: true,
    }));
    const { weights } = outerStep(start, new Map(), answers, { outerRate: 0.7, outerMomentum: 0.9 }, () => true);
    expect([...weights.get("ema:w")!.data]).toEqual([3, 2.5]);
  });
});

describe("answers on the wire", () => {
  it("in float32 come back bit for bit", async () => {
    const path = join(folder, "whole");
    await writeArrays(path, named(drawn("x")), { round: 3 });
    const { arrays, json } = await readArrays(path);
    expect(json.round).toBe(3);
    expect(bits(arrays)).toEqual(bits(named(drawn("x"))));
  });

  it.each([1e-12, 1e-3, 1, 1e9])("as differences of about %s come back within 2^-11 of themselves", async (scale) => {
    const path = join(folder, `difference-${scale}`);
    const difference = drawn("d", scale);
    difference[0] = 0;
    difference[1] = 1e-7 * scale;
    const zeros = named(new Float32Array(SIZE));
    await writeDifferences(path, named(difference), zeros);
    const { arrays } = await readArrays(path);
    const largest = Math.max(...difference.map(Math.abs));
    arrays.get("w")!.data.forEach((value, i) => {
      const bound = Math.max(2 ** -11 * Math.abs(difference[i]!), 2 ** -24 * largest);
      expect(Math.abs(value - difference[i]!)).toBeLessThanOrEqual(bound);
    });
  });
});

describe("a round", () => {
  const view = (changes: Partial<RoundView>): RoundView => ({
    present: new Set([0, 1, 2]),
    answered: new Set([0, 1]),
    members: 4,
    isFirst: false,
    least: 2,
    waitedMs: 0,
    patienceMs: 100,
    ...changes,
  });
  it.each<[string, Partial<RoundView>, boolean]>([
    ["is not over while one who is there has not answered", {}, false],
    ["is over when all who are there have", { present: new Set([0, 1]) }, true],
    ["is not over by that when it is the first", { present: new Set([0, 1]), isFirst: true }, false],
    ["is not over with fewer answers than needed", { present: new Set([0]), answered: new Set([0]) }, false],
    ["nor by any waiting then", { answered: new Set([0]), waitedMs: 1000 }, false],
    ["is over when the late were waited for", { waitedMs: 100 }, true],
    ["is over with all answers", { answered: new Set([0, 1, 2, 3]), isFirst: true }, true],
  ])("%s", (_, changes, expected) => {
    expect(isOver(view(changes))).toBe(expected);
  });

  const every = (changes: Partial<CoordinatorOptions["run"]>) => ({
    evaluateEvery: 100,
    checkpointEvery: 50,
    steps: 1000,
    ...changes,
  });
  it.each<[string, number, number, Partial<CoordinatorOptions["run"]>]>([
    ["after the inner steps", 0, 20, {}],
    ["at a checkpoint", 40, 50, {}],
    ["at an evaluation", 80, 90, { evaluateEvery: 90 }],
    ["at the last step", 90, 95, { steps: 95 }],
    ["at once after the last step", 95, 95, { steps: 95 }],
  ])("ends %s", (_, step, end, changes) => {
    expect(roundEnd(step, 20, every(changes))).toBe(end);
  });
});
