/**
 * Hostile and damaged files, made from small valid ones. Whatever goes in, a reader either succeeds or throws a
 * `CheckpointError`, soon. `FLEXVAR_FUZZ_RUNS` sets the number of inputs per test; each run draws new ones from
 * `FLEXVAR_FUZZ_SEED` (default 1).
 */
import { deflateRawSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32 } from "./crc32.ts";
import {
  type ByteSource,
  bytesSource,
  CheckpointError,
  memorySink,
  openNpz,
  openPth,
  openSafetensors,
  openTensorFile,
  type PthValue,
  tensorSource,
  writeNpzTo,
  writePthTo,
  writeSafetensorsTo,
  zipWriter,
} from "./index.ts";
import { PthTensor } from "./pth-tensor.ts";

const numRuns = Number(process.env.FLEXVAR_FUZZ_RUNS ?? 300);
const seed = Number(process.env.FLEXVAR_FUZZ_SEED ?? 1);
const timeout = 60_000 + numRuns * 20;
/** No input here is larger than some hundred kilobytes; a reader that takes this long hangs. */
const mostMilliseconds = 3000;

async function written(write: (sink: ReturnType<typeof memorySink>) => Promise<void>): Promise<Uint8Array> {
  const sink = memorySink();
  await write(sink);
  return sink.bytes();
}

const ramp = (length: number) => Uint8Array.from({ length }, (_, i) => i);
const tensors = {
  "blocks.0.weight": tensorSource("float32", [2, 3], ramp(24)),
  "blocks.0.bias": tensorSource("float16", [3], ramp(6)),
  count: tensorSource("int64", [], ramp(8)),
};
const pthBytes = await written((sink) => writePthTo(sink, { epoch: 3, trainer: { var_wo_ddp: tensors, lr: 0.5 } }));
const safetensorsBytes = await written((sink) => writeSafetensorsTo(sink, Object.entries(tensors), { format: "pt" }));
const npzBytes = await written((sink) =>
  writeNpzTo(sink, {
    scales: { dtype: "int64", shape: [2, 2], data: new BigInt64Array(4) },
    image: { dtype: "float32", shape: [1, 3, 2, 2], data: new Float32Array(12) },
  }),
);

async function readAll(tree: PthValue): Promise<void> {
  if (tree instanceof PthTensor) expect((await tree.read()).byteLength).toBe(tree.byteLength);
  else if (tree instanceof Map || Array.isArray(tree)) for (const child of tree.values()) await readAll(child);
}

const readers = {
  async pth(source: ByteSource) {
    const file = await openPth(source);
    await readAll(file.tree);
    await file.verify();
    file.stateDict();
  },
  async safetensors(source: ByteSource) {
    const file = await openSafetensors(source);
    for (const entry of file.tensors.values()) expect((await entry.read()).byteLength).toBe(entry.byteLength);
  },
  async npz(source: ByteSource) {
    const file = await openNpz(source);
    for (const entry of file.arrays.values()) {
      await entry.header();
      await entry.read();
    }
    await file.verify();
  },
};

/** Whether the reader took the bytes; any error but a `CheckpointError`, and any delay, fails the test. */
async function survives(read: (source: ByteSource) => Promise<unknown>, bytes: Uint8Array): Promise<boolean> {
  const start = performance.now();
  try {
    await read(bytesSource(bytes, "fuzz"));
    return true;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    expect(error.message).toMatch(/^fuzz(: [^\n]*)?: expected .+, got .+/s);
    return false;
  } finally {
    expect(performance.now() - start).toBeLessThan(mostMilliseconds);
  }
}

type Mutation = (bytes: Uint8Array) => Uint8Array;

const at = (bytes: Uint8Array, place: number) => Math.floor(place * bytes.length);
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const interesting = fc.constantFrom(
  0,
  1,
  0x7f,
  0x80,
  0xff,
  0x2e,
  0x52,
  0x63,
  0x28,
  0x5d,
  0x94,
  0x32,
  0x68,
  0x8b,
  0x22,
  0x7d,
);

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, fc.nat(7)).map(
    ([p, bit]): Mutation =>
      (bytes) => {
        bytes[at(bytes, p)]! ^= 1 << bit;
        return bytes;
      },
  ),
  fc.tuple(place, fc.oneof(interesting, fc.nat(255))).map(
    ([p, value]): Mutation =>
      (bytes) => {
        bytes[at(bytes, p)] = value;
        return bytes;
      },
  ),
  fc.tuple(place, fc.nat(3), fc.constantFrom(0, 0xff, 0x7f)).map(
    ([p, width, value]): Mutation =>
      (bytes) => {
        return bytes.fill(value, at(bytes, p), at(bytes, p) + 2 ** width);
      },
  ),
  place.map(
    (p): Mutation =>
      (bytes) =>
        bytes.slice(0, at(bytes, p)),
  ),
  fc.tuple(place, fc.uint8Array({ maxLength: 12 })).map(
    ([p, extra]): Mutation =>
      (bytes) => {
        return Uint8Array.of(...bytes.subarray(0, at(bytes, p)), ...extra, ...bytes.subarray(at(bytes, p)));
      },
  ),
  fc.tuple(place, fc.nat(12)).map(
    ([p, length]): Mutation =>
      (bytes) => {
        return Uint8Array.of(...bytes.subarray(0, at(bytes, p)), ...bytes.subarray(at(bytes, p) + length));
      },
  ),
  fc.tuple(place, place, fc.nat(40)).map(
    ([p, q, length]): Mutation =>
      (bytes) => {
        return bytes.copyWithin(at(bytes, p), at(bytes, q), at(bytes, q) + length);
      },
  ),
);
const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 });
const apply = (bytes: Uint8Array, list: Mutation[]) =>
  list.reduce<Uint8Array>((now, mutate) => mutate(now), bytes.slice());

const check = <T>(arbitrary: fc.Arbitrary<T>, body: (value: T) => Promise<void>) =>
  fc.assert(fc.asyncProperty(arbitrary, body), { numRuns, seed });

interface RecordSpec {
  name: string;
  data: Uint8Array;
}
const zipOf = (records: RecordSpec[]) =>
  written(async (sink) => {
    const zip = zipWriter(sink, "fuzz");
    for (const { name, data } of records) await zip.add(name, data.length, [data]);
    await zip.finish();
  });

async function recordsOf(bytes: Uint8Array): Promise<RecordSpec[]> {
  const { readZip, readEntry } = await import("./zip-read.ts");
  const source = bytesSource(bytes);
  const records: RecordSpec[] = [];
  for (const [name, entry] of await readZip(source)) records.push({ name, data: await readEntry(source, entry, 1e6) });
  return records;
}

/** One deflated record by hand: what the directory claims need not be true. */
function deflatedZip(name: string, data: Uint8Array, claimed: number): Uint8Array {
  const packed = deflateRawSync(data);
  const label = new TextEncoder().encode(name);
  const local = new DataView(new ArrayBuffer(30));
  local.setUint32(0, 0x04034b50, true);
  local.setUint16(8, 8, true);
  local.setUint16(26, label.length, true);
  const central = new DataView(new ArrayBuffer(46));
  central.setUint32(0, 0x02014b50, true);
  central.setUint16(10, 8, true);
  central.setUint32(16, crc32(data), true);
  central.setUint32(20, packed.length, true);
  central.setUint32(24, claimed, true);
  central.setUint16(28, label.length, true);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, 1, true);
  end.setUint16(10, 1, true);
  end.setUint32(12, 46 + label.length, true);
  end.setUint32(16, 30 + label.length + packed.length, true);
  const parts = [local, label, packed, central, label, end];
  return new Uint8Array(
    Buffer.concat(parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength))),
  );
}

describe("damaged files", () => {
  test.each([
    ["pth", pthBytes],
    ["safetensors", safetensorsBytes],
    ["npz", npzBytes],
  ] as const)(
    "%s: cut, flipped, spliced",
    async (format, bytes) => {
      expect(await survives(readers[format], bytes)).toBe(true);
      await check(mutations, async (list) => {
        const mutated = apply(bytes, list);
        await survives(readers[format], mutated);
        await survives(openTensorFile, mutated);
      });
    },
    timeout,
  );

  test(
    "pth: a mutated pickle under a valid CRC-32",
    async () => {
      const records = await recordsOf(pthBytes);
      await check(fc.tuple(mutations, fc.nat(records.length - 1)), async ([list, which]) => {
        const changed = records.map((record, i) =>
          record.name.endsWith("data.pkl") || i === which ? { ...record, data: apply(record.data, list) } : record,
        );
        await survives(readers.pth, await zipOf(changed));
      });
    },
    timeout,
  );

  test(
    "npz: a mutated array under a valid CRC-32, stored and deflated",
    async () => {
      const records = await recordsOf(npzBytes);
      await check(fc.tuple(mutations, fc.boolean(), fc.integer({ min: -3, max: 3 })), async ([list, packed, lie]) => {
        const data = apply(records[0]!.data, list);
        const bytes = packed
          ? deflatedZip("scales.npy", data, data.length + lie)
          : await zipOf([{ name: "a.npy", data }]);
        await survives(readers.npz, bytes);
      });
    },
    timeout,
  );

  test(
    "npz: a damaged deflate stream",
    async () => {
      const whole = deflatedZip("a.npy", (await recordsOf(npzBytes))[0]!.data, 160);
      expect(await survives(readers.npz, whole)).toBe(true);
      await check(mutations, async (list) => void (await survives(readers.npz, apply(whole, list))));
    },
    timeout,
  );
});

/** Pickles of random opcodes that mostly make sense, so that the stack machine gets deep. */
const utf8 = (text: string) => [...new TextEncoder().encode(text)];
const opcodeSoup = fc.array(
  fc.oneof(
    fc.constantFrom([0x28], [0x30], [0x31], [0x32], [0x4e], [0x88], [0x5d], [0x61], [0x65], [0x29], [0x74], [0x7d]),
    fc.constantFrom(
      [0x85],
      [0x86],
      [0x87],
      [0x73],
      [0x75],
      [0x94],
      [0x52],
      [0x81],
      [0x62],
      [0x51],
      [0x93],
      [0x64],
      [0x6c],
    ),
    fc.nat(255).map((n) => [0x4b, n]),
    fc.nat(9).map((n) => [0x71, n]),
    fc.nat(9).map((n) => [0x68, n]),
    fc.constantFrom("a", "storage", "0", "cpu", "os", "system").map((s) => [0x8c, s.length, ...utf8(s)]),
    fc
      .constantFrom("collections\nOrderedDict", "argparse\nNamespace", "torch\nFloatStorage", "torch\nSize")
      .map(global),
    fc.constantFrom("torch._utils\n_rebuild_tensor_v2", "numpy\ndtype", "posix\nsystem", "_codecs\nencode").map(global),
  ),
  { maxLength: 60 },
);
function global(name: string): number[] {
  return [0x63, ...utf8(`${name}\n`)];
}
const withPickle = (pickle: Uint8Array) =>
  zipOf([
    { name: "archive/data.pkl", data: pickle },
    { name: "archive/data/0", data: ramp(40) },
    { name: "archive/version", data: Uint8Array.of(51, 10) },
  ]);
const pickleOf = (...parts: (readonly number[] | Uint8Array | string)[]) =>
  new Uint8Array(Buffer.concat([Uint8Array.of(0x80, 2), ...parts.map((part) => Buffer.from(part as Uint8Array))]));

/** A float32 tensor over storage 0, of ten elements. Sizes are at most 2^31. */
function tensorPickle(
  offset: number,
  shape: number[],
  strides: number[],
  length = 10,
  type = "FloatStorage",
): Uint8Array {
  const int = (value: number) => [0x4a, value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255];
  const tuple = (values: number[]) => [0x28, ...values.flatMap(int), 0x74];
  const text = (value: string) => [0x8c, value.length, ...utf8(value)];
  const id = [
    0x28,
    ...text("storage"),
    ...global(`torch\n${type}`),
    ...text("0"),
    ...text("cpu"),
    ...int(length),
    0x74,
    0x51,
  ];
  const args = [...id, ...int(offset), ...tuple(shape), ...tuple(strides), 0x89, 0x4e];
  return pickleOf(global("torch._utils\n_rebuild_tensor_v2"), [0x28, ...args, 0x74, 0x52, 0x2e]);
}

describe("hostile pickles", () => {
  test(
    "opcodes at random",
    async () => {
      await check(
        opcodeSoup,
        async (ops) => void (await survives(readers.pth, await withPickle(pickleOf(...ops, [0x2e])))),
      );
    },
    timeout,
  );

  test(
    "tensors of any size, stride, offset and storage",
    async () => {
      const int = fc.oneof(fc.integer({ min: -2, max: 12 }), fc.integer());
      const sizes = fc.array(int, { maxLength: 5 });
      const types = fc.constantFrom(
        "FloatStorage",
        "DoubleStorage",
        "ByteStorage",
        "ComplexFloatStorage",
        "QInt8Storage",
      );
      await check(fc.tuple(int, sizes, sizes, fc.constantFrom(10, 5, 40, -1, 2 ** 30), types), async (drawn) => {
        const [offset, shape, strides, length, type] = drawn;
        await survives(readers.pth, await withPickle(tensorPickle(offset, shape, strides, length, type)));
      });
    },
    timeout,
  );

  test.each<[string, Uint8Array, RegExp]>([
    [
      "GLOBAL + REDUCE",
      pickleOf("cposix\nsystem\n", [0x8c, 2, 0x6c, 0x73, 0x85, 0x52, 0x2e]),
      /the global "posix\.system"/,
    ],
    ["STACK_GLOBAL", pickleOf([0x8c, 2], "os", [0x8c, 6], "system", [0x93, 0x2e]), /the global "os\.system"/],
    ["eval", pickleOf("c__builtin__\neval\n."), /the global "__builtin__\.eval"/],
    ["a nested torch.load", pickleOf("ctorch.storage\n_load_from_bytes\n."), /_load_from_bytes/],
    ["names of objects", pickleOf("c__proto__\nconstructor\n."), /the global "__proto__\.constructor"/],
    ["INST", pickleOf([0x28], "ios\nsystem\n."), /opcode 0x69, which is refused/],
    ["OBJ", pickleOf([0x28], "cos\nsystem\no."), /the global "os\.system"/],
    ["EXT1", pickleOf([0x82, 1, 0x2e]), /opcode 0x82, which is refused/],
    ["protocol 0", Uint8Array.from(utf8("(dp0\nS'a'\n.")), /opcode 0x70, which is refused/],
    ["BUILD on a dict", pickleOf([0x7d, 0x7d, 0x62, 0x2e]), /expected an object that takes a state/],
    [
      "BUILD on a class",
      pickleOf("ctorch\nFloatStorage\n", [0x7d, 0x62, 0x2e]),
      /expected an object that takes a state/,
    ],
    [
      "calling a storage",
      pickleOf("ctorch\nFloatStorage\n", [0x29, 0x52, 0x2e]),
      /expected a global that may be called/,
    ],
    ["a bare global", pickleOf("ctorch\nFloatStorage\n."), /expected tensors and plain values/],
    ["an own list in itself", pickleOf([0x5d, 0x71, 0, 0x68, 0, 0x61, 0x2e]), /nested at most 64 deep/],
    [
      "a million nested lists",
      pickleOf(new Array(100_000).fill(0x5d), new Array(99_999).fill(0x61), [0x2e]),
      /64 deep/,
    ],
    ["LONG4 of 2 GB", pickleOf([0x8b, 0xff, 0xff, 0xff, 0x7f, 0x2e]), /integers of at most 256 bytes/],
    ["a long of 100 KB", pickleOf([0x8b, 0xa0, 0x86, 1, 0], new Array(100_000).fill(1), [0x2e]), /at most 256 bytes/],
    ["text of 4 GB", pickleOf([0x58, 0xff, 0xff, 0xff, 0xff, 0x2e]), /truncated pickle/],
    ["text of 2^63", pickleOf([0x8d, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x2e]), /expected a length below/],
    ["more containers than allowed", pickleOf(new Array(600_000).fill(0x5d), [0x2e]), /at most 500000 containers/],
    ["a key twice", pickleOf([0x7d, 0x28, 0x4b, 1, 0x4e, 0x4b, 1, 0x4e, 0x75, 0x2e]), /unique keys .*got two 1/],
    ["nothing", new Uint8Array(0), /truncated pickle/],
    ["a tensor beyond its storage", tensorPickle(0, [11], [1]), /expected elements inside a storage of 10/],
    ["negative strides", tensorPickle(9, [10], [-1]), /expected sizes, strides and offset from 0/],
    [
      "a size of 2^93",
      tensorPickle(0, [2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1], [0, 0, 0]),
      /inside a storage|in all tensors/,
    ],
    ["a gigabyte out of one element", tensorPickle(0, [2 ** 28], [0]), /bytes in all tensors/],
    ["a storage of the wrong length", tensorPickle(0, [2], [1], 11), /expected 11 elements of float32, got 40 bytes/],
  ])("%s is refused", async (_, pickle, message) => {
    const archive = await withPickle(pickle);
    await expect(openPth(bytesSource(archive, "fuzz"))).rejects.toThrow(message);
    expect(await survives(readers.pth, archive)).toBe(false);
  });

  test("a memo bomb (lists of lists of shared lists) is refused, a shared list is not", async () => {
    const level = (i: number) => [0x5d, 0x28, ...new Array(16).fill([0x68, i]).flat(), 0x65, 0x71, i + 1, 0x30];
    const levels = (n: number) =>
      pickleOf([0x5d, 0x71, 0, 0x30], ...Array.from({ length: n }, (_, i) => level(i)), [0x68, n, 0x2e]);
    expect((await openPth(bytesSource(await withPickle(levels(3))))).tree).toHaveLength(16);
    await expect(openPth(bytesSource(await withPickle(levels(12)), "fuzz"))).rejects.toThrow(
      /shared containers that hold more/,
    );
  });

  test("the work of filling namespaces from one shared dict is bounded", async () => {
    const dict = [0x7d, 0x28, ...Array.from({ length: 250 }, (_, i) => [0x4b, i, 0x4e]).flat(), 0x75, 0x71, 0, 0x30];
    const build = [0x68, 0, 0x62];
    const pickle = pickleOf(
      dict,
      global("argparse\nNamespace"),
      [0x29, 0x81],
      new Array(20_000).fill(build).flat(),
      [0x2e],
    );
    await expect(openPth(bytesSource(await withPickle(pickle), "fuzz"))).rejects.toThrow(/at most 4000000 operations/);
  });
});

describe("hostile archives and headers", () => {
  test("zip bombs, duplicate and overlapping records, wrong CRCs", async () => {
    const zeros = new Uint8Array(1 << 20);
    await expect(openNpz(bytesSource(deflatedZip("a.npy", zeros, 0xfffffff0), "fuzz"))).rejects.toThrow(
      /a claim of 4294967280/,
    );
    const small = await openNpz(bytesSource(deflatedZip("a.npy", zeros, 500), "fuzz"));
    await expect(small.arrays.get("a")!.read()).rejects.toThrow(/expected 500 bytes when inflated, got more/);
    const short = await openNpz(bytesSource(deflatedZip("a.npy", zeros, (1 << 20) + 1), "fuzz"));
    await expect(short.arrays.get("a")!.read()).rejects.toThrow(/expected 1048577 bytes when inflated, got 1048576/);
    const flipped = pthBytes.slice();
    const { tree } = await openPth(bytesSource(pthBytes));
    const tensor = ((tree as Map<string, PthValue>).get("trainer") as Map<string, PthValue>).get("var_wo_ddp");
    const bytes = await ((tensor as Map<string, PthValue>).get("blocks.0.weight") as PthTensor).read();
    flipped[bytes.byteOffset]! ^= 1;
    await expect(readers.pth(bytesSource(flipped, "fuzz"))).rejects.toThrow(
      /record "archive\/data\/0": expected CRC-32 .* \(damaged file\)/,
    );
    const twins = await zipOf([
      { name: "a/data.pkl", data: ramp(3) },
      { name: "a/data.pkm", data: ramp(3) },
    ]);
    const renamed = Uint8Array.from(
      Buffer.from(Buffer.from(twins).toString("latin1").replaceAll("pkm", "pkl"), "latin1"),
    );
    await expect(openPth(bytesSource(renamed, "fuzz"))).rejects.toThrow(
      /expected unique records, got two "a\/data\.pkl"/,
    );
    const packed = deflatedZip("a/data.pkl", ramp(50), 50);
    await expect(openPth(bytesSource(packed, "fuzz"))).rejects.toThrow(
      /expected stored bytes, got a compressed record/,
    );
  });

  const safetensors = (header: unknown, data = 24) => {
    const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
    const bytes = new Uint8Array(8 + json.length + data);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(json, 8);
    return bytes;
  };
  const f32 = (shape: unknown, offsets: unknown) => ({ dtype: "F32", shape, data_offsets: offsets });

  test.each<[string, Uint8Array, RegExp]>([
    ["overlap", safetensors({ a: f32([4], [0, 16]), b: f32([4], [8, 24]) }), /tensor "b": expected bytes from 16/],
    ["a gap", safetensors({ a: f32([2], [0, 8]), b: f32([2], [16, 24]) }), /tensor "b": expected bytes from 8/],
    ["outside", safetensors({ a: f32([8], [0, 32]) }), /inside 24, got 0\.\.32/],
    ["bytes left over", safetensors({ a: f32([4], [0, 16]) }), /expected 16 bytes of tensors, got 24/],
    ["size", safetensors({ a: f32([5], [0, 24]) }), /expected 20 bytes for float32 \[5\]/],
    ["backwards", safetensors({ a: f32([6], [24, 0]) }), /expected 24 bytes for float32/],
    ["shape", safetensors({ a: f32([-6], [0, 24]) }), /expected a shape of at most 64 sizes from 0/],
    ["overflow", safetensors({ a: f32([2 ** 52, 2 ** 52], [0, 24]) }), /expected .* bytes for float32/],
    ["dtype", safetensors({ a: { ...f32([6], [0, 24]), dtype: "F8_E4M3" } }), /expected a dtype of F64/],
    ["fields", safetensors({ a: { ...f32([6], [0, 24]), code: 1 } }), /dtype, shape and data_offsets only/],
    ["twice", safetensors('{"a":{"dtype":"F32","shape":[6],"data_offsets":[0,24]},"\\u0061":1}'), /the key "a" twice/],
    ["metadata", safetensors({ __metadata__: { a: 1 } }, 0), /expected text pairs in __metadata__/],
    ["no JSON", safetensors("{]", 0), /expected a header that is a JSON object/],
    ["deep JSON", safetensors(`{"a":${"[".repeat(100_000)}`, 0), /expected a header that is a JSON object/],
    ["length", Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127, 0x7b, 0x7d), /expected a (header|safetensors)/],
  ])("safetensors: %s is refused", async (_, bytes, message) => {
    await expect(openSafetensors(bytesSource(bytes, "fuzz"))).rejects.toThrow(message);
    expect(await survives(readers.safetensors, bytes)).toBe(false);
  });

  test(
    "safetensors: headers of any JSON",
    async () => {
      const count = fc.oneof(fc.nat(30), fc.integer(), fc.double());
      const entry = fc.record({
        dtype: fc.constantFrom("F32", "F16", "I64", "BOOL", "x", 1),
        shape: fc.oneof(fc.array(count, { maxLength: 4 }), fc.jsonValue()),
        data_offsets: fc.oneof(fc.array(count, { maxLength: 3 }), fc.jsonValue()),
      });
      const header = fc.oneof(
        fc.jsonValue(),
        fc.dictionary(fc.string({ maxLength: 4 }), fc.oneof(entry, fc.jsonValue())),
      );
      await check(header, async (value) => void (await survives(readers.safetensors, safetensors(value))));
    },
    timeout,
  );
});
