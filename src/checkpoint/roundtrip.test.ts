import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memorySink } from "../../test/support/memory-sink.ts";
import {
  bytesSource,
  CheckpointError,
  detectFormat,
  type NpyArray,
  openPth,
  openPthStateDict,
  openSafetensors,
  openTensorFile,
  type PthTensor,
  type PthWritable,
  readNpz,
  type StoredDType,
  type TensorSource,
  tensorSource,
  writeNpz,
  writeNpzTo,
  writePth,
  writePthTo,
  writeSafetensors,
  writeSafetensorsTo,
} from "./index.ts";
import { dtypesOf, itemSizeOf } from "./types.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-checkpoint-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const dtypes = [...dtypesOf("torch").values()];
const pattern = (length: number, seed: number) => Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17) & 255);
const make = (dtype: StoredDType, shape: number[], seed: number) =>
  tensorSource(dtype, shape, pattern(shape.reduce((a, b) => a * b, 1) * itemSizeOf(dtype), seed));

/** One tensor of each type, a scalar, an empty one. */
const everyKind = () =>
  new Map<string, TensorSource>([
    ...dtypes.map((dtype, i) => [`layer.${dtype}`, make(dtype, [3, i + 1, 5], i)] as const),
    ["scalar", make("float32", [], 3)],
    ["empty", make("float32", [0, 4], 3)],
  ]);

async function expectSame(actual: ReadonlyMap<string, TensorSource>, wanted: ReadonlyMap<string, TensorSource>) {
  expect([...actual.keys()].sort()).toEqual([...wanted.keys()].sort());
  for (const [name, tensor] of wanted) {
    const found = actual.get(name)!;
    expect([found.dtype, found.shape]).toEqual([tensor.dtype, tensor.shape]);
    expect(new Uint8Array(await found.read()), name).toEqual(await tensor.read());
  }
}

describe("pth", () => {
  test.each(["flat", "model", "trainer.var_wo_ddp"] as const)("a %s state dict comes back", async (wrapping) => {
    const path = join(folder, `${wrapping}.pth`);
    const dict = everyKind();
    const tree: PthWritable =
      wrapping === "flat" ? dict : wrapping === "model" ? { model: dict } : { epoch: 3, trainer: { var_wo_ddp: dict } };
    await writePth(path, tree);
    const file = await openTensorFile(path);
    expect([file.format, file.metadata.wrapping]).toEqual(["pth", wrapping]);
    await expectSame(file.tensors, dict);
    await file.verify();
    for (const { location, byteLength } of file.tensors.values()) {
      if (byteLength > 0) expect(location!.offset % 64).toBe(0);
    }
    await file.close();
  });

  test("scalars, lists and nesting come back from memory; a tensor used twice is stored once", async () => {
    const twice = make("int16", [40_000], 1);
    const sink = memorySink();
    const values = [
      0,
      -1,
      255,
      65536,
      -(2 ** 31),
      2 ** 31,
      -(2 ** 40),
      2 ** 53 - 1,
      2n ** 70n,
      0.1,
      1e300,
      true,
      false,
      null,
    ];
    await writePthTo(sink, { values, text: "schön ✓", nested: [[], {}, [twice, twice]] });
    expect(sink.bytes().length).toBeLessThan(2 * twice.byteLength);
    const { tree } = await openPth(bytesSource(sink.bytes()));
    const root = tree as Map<string, unknown>;
    expect(root.get("values")).toEqual(values);
    expect(root.get("text")).toBe("schön ✓");
    const [list, dict, pair] = root.get("nested") as [unknown[], Map<string, unknown>, PthTensor[]];
    expect([list, dict.size]).toEqual([[], 0]);
    expect(await pair[1]!.read()).toEqual(await twice.read());
    expect(pair[1]!.location).toBeUndefined();
  });

  test("a file without a state dict is refused with its keys", async () => {
    const sink = memorySink();
    await writePthTo(sink, { epoch: 1, optimizer: [] });
    await expect(openPthStateDict(bytesSource(sink.bytes(), "a.pth"))).rejects.toThrow(
      /a\.pth: expected a state dict .*got "epoch, optimizer"/,
    );
  });
});

describe("safetensors", () => {
  test("tensors and metadata come back; the data are aligned; order of insertion does not matter", async () => {
    const path = join(folder, "a.safetensors");
    const dict = everyKind();
    await writeSafetensors(path, dict, { format: "pt", about: "ünï" });
    const file = await openTensorFile(path);
    expect(file.metadata).toEqual({ format: "pt", about: "ünï" });
    await expectSame(file.tensors, dict);
    const offsets = [...file.tensors.values()].map(({ location }) => location!.offset);
    expect(Math.min(...offsets) % 64).toBe(0);
    for (const { location, dtype } of file.tensors.values()) expect(location!.offset % itemSizeOf(dtype)).toBe(0);
    await file.close();
    const sink = memorySink();
    await writeSafetensorsTo(sink, [...dict].reverse(), { about: "ünï", format: "pt" });
    expect(Buffer.compare(sink.bytes(), await readFile(path))).toBe(0);
  });

  test("a name given twice, and bytes of the wrong length, are refused and leave nothing behind", async () => {
    const path = join(folder, "twice.safetensors");
    const tensor = make("int8", [2], 1);
    const pairs = [["a", tensor] as const, ["a", tensor] as const];
    await expect(writeSafetensors(path, pairs)).rejects.toThrow(/expected unique names, got "a"/);
    const short = { ...tensor, byteLength: 2, read: async () => new Uint8Array(1) };
    await expect(writeSafetensors(path, [["a", short]])).rejects.toThrow(/tensor "a": expected 2 bytes, got 1/);
    expect((await readdir(folder)).filter((name) => name.includes("twice"))).toEqual([]);
  });
});

describe("npz", () => {
  const arrays: Record<string, NpyArray> = {
    f64: { dtype: "float64", shape: [2, 3], data: Float64Array.of(1, 2, 3, 4, 5, 6e300) },
    f32: { dtype: "float32", shape: [2], data: Float32Array.of(-0, 1.5) },
    f16: { dtype: "float16", shape: [2], data: Uint16Array.of(0x3c00, 1) },
    i64: { dtype: "int64", shape: [1, 1, 2], data: BigInt64Array.of(-(2n ** 63n), 5n) },
    i32: { dtype: "int32", shape: [2], data: Int32Array.of(-5, 6) },
    u16: { dtype: "uint16", shape: [2], data: Uint16Array.of(65535, 6) },
    u8: { dtype: "uint8", shape: [3, 2], data: Uint8Array.of(1, 2, 3, 4, 5, 6) },
    flag: { dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) },
    scalar: { dtype: "float32", shape: [], data: Float32Array.of(7) },
    none: { dtype: "int64", shape: [0, 3], data: new BigInt64Array(0) },
  };

  test("arrays come back from a file and from memory", async () => {
    const path = join(folder, "a.npz");
    await writeNpz(path, arrays);
    expect(Object.fromEntries(await readNpz(path))).toEqual(arrays);
    expect(Object.fromEntries(await readNpz(new Uint8Array(await readFile(path))))).toEqual(arrays);
    expect(await detectFormat(path)).toBe("npz");
  });

  test("streams are written", async () => {
    const path = join(folder, "rows.npz");
    const chunks = (async function* () {
      for (let i = 0; i < 10; i++) yield pattern(600, i);
    })();
    await writeNpz(path, new Map([["arr_0", { dtype: "uint8", shape: [10, 10, 20, 3], chunks } as const]]));
    const array = (await readNpz(path)).get("arr_0")!;
    expect(array.shape).toEqual([10, 10, 20, 3]);
    expect(array.data).toEqual(Uint8Array.of(...Array.from({ length: 10 }, (_, i) => [...pattern(600, i)]).flat()));
    const sink = memorySink();
    const short = { dtype: "uint8", shape: [4], chunks: [pattern(3, 0)] } as const;
    await expect(writeNpzTo(sink, { a: short }, "s.npz")).rejects.toThrow(
      /record "a\.npy": expected \d+ bytes, got \d+/,
    );
  });
});

test("a failed write leaves the earlier file and no temporary one; a missing folder is a clear error", async () => {
  const path = join(folder, "kept.pth");
  await writeFile(path, "earlier");
  const broken = { ...make("float32", [600_000], 1), read: () => Promise.reject(new RangeError("gone")) };
  await expect(writePth(path, { a: make("float32", [600_000], 1), b: broken })).rejects.toThrow("gone");
  expect(await readFile(path, "utf8")).toBe("earlier");
  expect((await readdir(folder)).filter((name) => name.includes(".tmp"))).toEqual([]);
  const missing = writePth(join(folder, "no", "a.pth"), { a: 1 });
  await expect(missing).rejects.toThrow(/expected a place to write, got there is no such folder/);
  await expect(missing).rejects.toBeInstanceOf(CheckpointError);
});

test.each([
  ["lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", /got a Git LFS pointer/],
  ["html", "<!DOCTYPE html><html></html>", /got an HTML page/],
  ["empty", "", /got an empty file/],
  ["text", "hello", /got bytes of no known format/],
])("%s in place of a checkpoint is named", async (name, content, message) => {
  const path = join(folder, `${name}.pth`);
  await writeFile(path, content);
  await expect(detectFormat(path)).rejects.toThrow(message);
  await expect(openPth(path)).rejects.toThrow(message);
  if (name !== "text") await expect(openSafetensors(path)).rejects.toThrow(message);
  await expect(readNpz(path)).rejects.toThrow(message);
});

test("the pickle of old PyTorch is refused in words; so are folders and missing files", async () => {
  const path = join(folder, "old.pth");
  await writeFile(
    path,
    Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e),
  );
  expect(await detectFormat(path)).toBe("legacy-pickle");
  await expect(openPth(path)).rejects.toThrow(/zip form\), got a pickle of PyTorch before 1\.6/);
  await expect(openPth(folder)).rejects.toThrow(/expected a file, got a folder/);
  await expect(openPth(join(folder, "absent.pth"))).rejects.toThrow(/expected a readable file, got no such file$/);
});
