import { type InferenceSession, Tensor } from "onnxruntime-common";
import { describe, expect, test } from "vitest";
import { input, ops, type Program, param, program } from "../engine/index.ts";
import { createRuntime, type OpenOptions, type Value } from "./runtime.ts";

/** A platform whose sessions compute nothing and note what they are given. */
function recorder() {
  const runs: unknown[][] = [];
  let released = 0;
  const session = {
    run: async (...given: unknown[]) => {
      runs.push(given);
      return {};
    },
    release: async () => {
      released++;
    },
  } as unknown as InferenceSession;
  const opened: [Program, OpenOptions][] = [];
  const runtime = createRuntime({
    Tensor,
    provider: "cpu",
    description: "recorder",
    create: async (p, options) => {
      opened.push([p, options]);
      return session;
    },
  });
  return { runtime, runs, opened, released: () => released };
}

const zeros = (...dims: number[]): Value =>
  new Tensor("float32", new Float32Array(dims.reduce((n, d) => n * d, 1)), dims);

const x = input("x", "float32", ["B", 3]);
const mask = input("mask", "float32", ["B", "l"]);
const image = input("image", "float32", ["16*h", "w+1"]);
const cache = input("cache", "float32", ["l+p", "h"]);
const w = param("w", [3, 3]);
const everything = program("step", {
  y: ops.matmul(x, w),
  m: ops.exp(mask),
  i: ops.exp(image),
  c: ops.exp(cache),
  p: ops.exp(input("past", "float32", ["p"])),
});
const good = {
  x: zeros(2, 3),
  mask: zeros(2, 4),
  image: zeros(32, 5),
  cache: zeros(7, 2),
  past: zeros(3),
  w: zeros(3, 3),
};

describe("feeds", () => {
  test("that fit are passed on, with fetches where given", async () => {
    const { runtime, runs } = recorder();
    const session = await runtime.open(everything);
    await session.run(good);
    const fetches = { y: zeros(2, 3), m: null };
    await session.run(good, fetches);
    expect(runs).toEqual([[good], [good, fetches]]);
  });

  test.each<[string, Record<string, Value | undefined>, string]>([
    ["one is missing", { mask: undefined }, 'step: expected a value for input "mask", got none'],
    ["a parameter that is not stored is missing", { w: undefined }, 'step: expected a value for input "w", got none'],
    [
      "another type",
      { x: new Tensor("int64", new BigInt64Array(6), [2, 3]) },
      'step: expected float32[B, 3] for input "x", got int64[2, 3]',
    ],
    ["another rank", { x: zeros(6) }, 'step: expected float32[B, 3] for input "x", got float32[6]'],
    ["a fixed extent", { x: zeros(2, 4) }, 'step: expected float32[B, 3] for input "x", got float32[2, 4]'],
    ["a parameter's extent", { w: zeros(3, 4) }, 'step: expected float32[3, 3] for input "w", got float32[3, 4]'],
    [
      "a symbol with two values",
      { mask: zeros(5, 4) },
      'step: expected float32[B, l] for input "mask", got float32[5, 4] where B = 2',
    ],
    ["no multiple", { image: zeros(33, 5) }, 'step: expected float32[16*h, w+1] for input "image", got float32[33, 5]'],
    [
      "a multiple and its symbol",
      { cache: zeros(7, 3) },
      'step: expected float32[l+p, h] for input "cache", got float32[7, 3] where h = 2',
    ],
    [
      "a sum bound by a later input",
      { past: zeros(4) },
      'step: expected float32[l+p, h] for input "cache", got float32[7, 2]',
    ],
  ])("%s", async (_name, change, message) => {
    const { runtime, runs } = recorder();
    const session = await runtime.open(everything);
    const feeds = Object.fromEntries(Object.entries({ ...good, ...change }).filter(([, v]) => v !== undefined));
    await expect(session.run(feeds as Record<string, Value>)).rejects.toThrow(message);
    expect(runs).toEqual([]);
  });

  test("stored parameters are not asked for", async () => {
    const { runtime, runs, opened } = recorder();
    const weights = new Map([["w", { kind: "memory", data: new Float32Array(9) } as const]]);
    const session = await runtime.open(everything, { weights });
    const { w: _stored, ...rest } = good;
    await session.run(rest);
    expect(runs).toEqual([[rest]]);
    expect(opened[0]![1].weights).toBe(weights);
  });
});

describe("a runtime", () => {
  test("makes tensors", () => {
    const { runtime } = recorder();
    expect(runtime.floats(Float32Array.of(1, 2), [2, 1])).toMatchObject({ type: "float32", dims: [2, 1] });
    expect(runtime.ints([3, -4], [2]).data).toEqual(BigInt64Array.of(3n, -4n));
  });

  test("adds up the time of its sessions' runs, and releases them", async () => {
    const { runtime, released } = recorder();
    expect(runtime.runMilliseconds()).toBe(0);
    const session = await runtime.open(everything);
    await session.run(good);
    expect(runtime.runMilliseconds()).toBeGreaterThan(0);
    await session.dispose();
    expect(released()).toBe(1);
  });
});
