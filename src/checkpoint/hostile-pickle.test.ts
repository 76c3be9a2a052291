/** Pickles made to run code, to crash the reader or to exhaust the machine. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { check, ramp, readers, survives, timeout, zipOf } from "../../test/support/hostile-checkpoints.ts";
import { bytesSource, openPth } from "./index.ts";

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
