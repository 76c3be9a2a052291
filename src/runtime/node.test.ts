import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { constant, input, ops, param, program, toOnnx } from "../engine/index.ts";
import { nodeRuntime } from "./node.ts";
import type { Weights } from "./runtime.ts";

const runtime = nodeRuntime({ threads: 1 });
const x = input("x", "float32", ["B", 2]);
const w = param("w", [2, 3]);
const b = param("b", [3]);
const linear = program("linear", { y: ops.add(ops.matmul(x, w), b) });
const weight = Float32Array.of(1, 2, 3, 4, 5, 6);
const bias = Float32Array.of(10, 20, 30);
const feeds = { x: runtime.floats(Float32Array.of(1, 0, 0, 1), [2, 2]) };
const expected = Float32Array.of(11, 22, 33, 14, 25, 36);

describe("parameters", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "flexvar-node-")));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("as inputs of every run", async () => {
    const session = await runtime.open(linear);
    const { y } = await session.run({ ...feeds, w: runtime.floats(weight, [2, 3]), b: runtime.floats(bias, [3]) });
    expect(y!.data).toEqual(expected);
    expect(y!.dims).toEqual([2, 3]);
    await session.dispose();
  });

  test("stored in memory, one of them", async () => {
    const session = await runtime.open(linear, { weights: new Map([["w", { kind: "memory", data: weight }]]) });
    const { y } = await session.run({ ...feeds, b: runtime.floats(bias, [3]) });
    expect(y!.data).toEqual(expected);
    await session.dispose();
  });

  test.each([true, false])("mapped from a file at offsets (prepack %s), leaving nothing beside it", async (prepack) => {
    const offsets = { w: 64, b: 4096 };
    const bytes = Buffer.alloc(8192, 0xff);
    Buffer.from(weight.buffer).copy(bytes, offsets.w);
    Buffer.from(bias.buffer).copy(bytes, offsets.b);
    const path = join(folder, "weights.bin");
    await writeFile(path, bytes);
    const weights: Weights = new Map([
      ["w", { kind: "file", path, offset: offsets.w, length: weight.byteLength }],
      ["b", { kind: "file", path, offset: offsets.b, length: bias.byteLength }],
    ]);
    const session = await runtime.open(linear, { weights, prepack });
    expect(await readdir(folder)).toEqual(["weights.bin"]);
    expect((await session.run(feeds)).y!.data).toEqual(expected);
    await session.dispose();
  });

  test("through links, in the folder that these lead to", async () => {
    const [blobs, snapshot] = [join(folder, "blobs"), join(folder, "snapshot")];
    for (const made of [blobs, snapshot]) await mkdir(made);
    const linked = async (name: string, values: Float32Array) => {
      await writeFile(join(blobs, `blob-${name}`), values);
      await symlink(join("..", "blobs", `blob-${name}`), join(snapshot, name));
      return { kind: "file", path: join(snapshot, name), offset: 0, length: values.byteLength } as const;
    };
    const weights: Weights = new Map([
      ["w", await linked("w.bin", weight)],
      ["b", await linked("b.bin", bias)],
    ]);
    const session = await runtime.open(linear, { weights });
    expect((await session.run(feeds)).y!.data).toEqual(expected);
    expect((await readdir(blobs)).sort()).toEqual(["blob-b.bin", "blob-w.bin"]);
    await session.dispose();
  });

  test("in files of two folders are refused", async () => {
    const file = async (name: string, length: number) => {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "a.bin"), new Uint8Array(length));
      return { kind: "file", path: join(folder, name, "a.bin"), offset: 0, length } as const;
    };
    const weights = new Map([
      ["w", await file("first", 24)],
      ["b", await file("second", 12)],
    ]);
    await expect(runtime.open(linear, { weights })).rejects.toThrow(
      `weights: expected files of one folder, got ${join(folder, "first")}, ${join(folder, "second")}`,
    );
  });

  test("of another size than their shape are refused", async () => {
    const weights: Weights = new Map([["w", { kind: "memory", data: Float32Array.of(1) }]]);
    await expect(runtime.open(linear, { weights })).rejects.toThrow(
      'program linear: expected 24 bytes for parameter "w", got 4',
    );
  });
});

describe("the ONNX form", () => {
  test("more than 2 GB inside the model is refused, and says what to do", () => {
    const extent = 2 ** 27;
    const shared = new Uint8Array(4 * extent);
    const big = ["a", "b", "c", "d"].map((name) => param(name, [extent]));
    const p = program("big", { y: ops.concat(big, 0) });
    expect(() => toOnnx(p, { provider: "cpu", place: () => ({ kind: "inline", bytes: shared }) })).toThrow(
      "program big: expected at most 2147483647 bytes of parameters inside the model, got 2147483648; place them externally",
    );
    const external = toOnnx(p, {
      provider: "cpu",
      place: (t) => ({ kind: "external", location: `${t.name}.bin`, offset: 0, length: 4 * extent }),
    });
    expect(external.length).toBeLessThan(2000);
  });

  test("is accepted and keeps names and symbolic dimensions", async () => {
    const model = toOnnx(linear, { provider: "cpu", place: () => ({ kind: "input" }) });
    const session = await InferenceSession.create(model);
    expect(session.inputNames).toEqual(["x", "w", "b"]);
    expect(session.outputNames).toEqual(["y"]);
    expect(session.inputMetadata[0]).toMatchObject({ name: "x", type: "float32", shape: ["B", 2] });
    await session.release();
  });

  test("constants of every dtype, large and negative integers, and text beyond ASCII", async () => {
    const ints = BigInt64Array.of(-1n, 2n ** 62n, -(2n ** 62n));
    const outputs = {
      floats: constant(Float32Array.of(-0.5, 3e38), [2]),
      doubles: constant(Float64Array.of(-0.1, 1e300), [2]),
      ints: constant(ints, [3]),
      shorts: constant(Int32Array.of(-7, 7), [1, 2]),
      flags: constant(Uint8Array.of(1, 0), [2]),
      größe: ops.exp(constant(Float32Array.of(0), [])),
    };
    const session = await runtime.open(program("constants", outputs));
    const results = await session.run({});
    expect(results.floats!.data).toEqual(Float32Array.of(-0.5, 3e38));
    expect(results.doubles).toMatchObject({ type: "float64", data: Float64Array.of(-0.1, 1e300) });
    expect(results.ints!.data).toEqual(ints);
    expect(results.shorts).toMatchObject({ type: "int32", dims: [1, 2], data: Int32Array.of(-7, 7) });
    expect(results.flags).toMatchObject({ type: "bool", data: Uint8Array.of(1, 0) });
    expect(results.größe!.data).toEqual(Float32Array.of(1));
    await session.dispose();
  });

  test("products of float64 matrices, transposed or not", async () => {
    const [a, b] = [Float64Array.of(1, 1e-12, 3), Float64Array.of(1, 2, 3)];
    for (const [transA, transB] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ]) {
      const left = input("a", "float64", transA ? ["k", "m"] : ["m", "k"]);
      const right = input("b", "float64", transB ? ["n", "k"] : ["k", "n"]);
      const session = await runtime.open(
        program("double", { c: ops.matmul(left, right, { transA, transB, alpha: 2 }) }),
      );
      const feeds = {
        a: runtime.doubles(a, transA ? [3, 1] : [1, 3]),
        b: runtime.doubles(b, transB ? [1, 3] : [3, 1]),
      };
      expect((await session.run(feeds)).c).toMatchObject({ dims: [1, 1], data: Float64Array.of(2 * (10 + 2e-12)) });
      await session.dispose();
    }
    const cube = input("cube", "float64", [2, 2, 2]);
    expect(() => ops.matmul(cube, cube)).toThrow("or two float64 matrices, got float64[2, 2, 2], float64[2, 2, 2]");
  });

  test("one tensor under two output names, and an input as an output", async () => {
    const y = ops.neg(x);
    const session = await runtime.open(program("aliases", { first: y, second: y, same: x }));
    const results = await session.run(feeds);
    expect(results.first!.data).toEqual(Float32Array.of(-1, -0, -0, -1));
    expect(results.second!.data).toEqual(results.first!.data);
    expect(results.same!.data).toEqual(feeds.x.data);
    await session.dispose();
  });

  test("names that look like the writer's own do not collide", async () => {
    const inputs = ["t0", "c0", "t1"].map((name) => input(name, "float32", ["B"]));
    const [a, c, d] = inputs as [typeof x, typeof x, typeof x];
    const y = ops.add(ops.mul(ops.exp(a), 3), ops.mul(ops.exp(c), ops.add(d, 2)));
    const session = await runtime.open(program("names", { y, c1: ops.neg(y), t2: ops.abs(y) }));
    const one = runtime.floats(Float32Array.of(0), [1]);
    const results = await session.run({ t0: one, c0: one, t1: one });
    expect(results.y!.data).toEqual(Float32Array.of(5));
    expect(results.c1!.data).toEqual(Float32Array.of(-5));
    expect(results.t2!.data).toEqual(Float32Array.of(5));
    await session.dispose();
  });

  test("a dimension that no input determines is named", () => {
    const y = ops.expand(ops.reduceSum(x), ["B", "n"]);
    expect(() => toOnnx(program("open", { y }), { provider: "cpu", place: () => ({ kind: "input" }) })).toThrow(
      'program open: expected an input that determines the dimension "n", got none',
    );
  });

  test("a symbol known only as a multiple plus a constant", async () => {
    const image = input("image", "float32", ["4*h+2"]);
    const session = await runtime.open(program("solve", { y: ops.expand(ops.sum(image), ["h", 2]) }));
    const { y } = await session.run({ image: runtime.floats(new Float32Array(14).fill(1), [14]) });
    expect(y!.dims).toEqual([3, 2]);
    expect(y!.data).toEqual(new Float32Array(6).fill(14));
    await session.dispose();
  });
});

describe("nodeRuntime", () => {
  test("describes itself", () => {
    expect(runtime.description).toMatch(/^onnxruntime-node \d+\.\d+\.\d+.*, cpu$/);
    expect(runtime.provider).toBe("cpu");
  });

  test("refuses other devices in words", () => {
    expect(() => nodeRuntime({ device: "tpu" })).toThrow(
      "device: expected one of auto, cpu, cuda, tensorrt, dml, coreml, webgpu, got tpu",
    );
  });

  test("preallocated outputs are filled", async () => {
    const session = await runtime.open(program("p", { y: ops.mul(x, 2), z: ops.neg(x) }));
    const y = runtime.floats(new Float32Array(4), [2, 2]);
    const results = await session.run(feeds, { y });
    expect(y.data).toEqual(Float32Array.of(2, 0, 0, 2));
    expect(Object.keys(results)).toEqual(["y"]);
    await session.dispose();
  });
});
