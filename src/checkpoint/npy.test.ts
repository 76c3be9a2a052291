import { describe, expect, test } from "vitest";
import { decodeNpy, encodeNpyHeader, npyArray, npyDataOffset, parseNpyHeader } from "./npy.ts";
import { itemSizeOf, type NpyDType } from "./types.ts";

const text = (value: string): number[] => [...new TextEncoder().encode(value)];
const MAGIC = [0x93, ...text("NUMPY")];

/** An `.npy` of this version, header text and data, the header's length as given or as it is. */
function npy(major: number, header: string, data: readonly number[] = [], length = header.length): Uint8Array {
  const size = major === 1 ? [length & 255, length >> 8] : [length & 255, (length >> 8) & 255, length >> 16, 0];
  return Uint8Array.from([...MAGIC, major, 0, ...size, ...text(header), ...data]);
}
const dict = (shape: string, descr = "|u1", order = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;

describe("headers are written as NumPy writes them", () => {
  test.each<[NpyDType, number[], string]>([
    ["float32", [3], "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"],
    ["int64", [2, 3], "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3), }"],
    ["bool", [], "{'descr': '|b1', 'fortran_order': False, 'shape': (), }"],
    ["uint8", [1, 2, 3, 4], "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 3, 4), }"],
  ])("%s %j", (dtype, shape, words) => {
    const header = encodeNpyHeader(dtype, shape);
    expect(header.length % 64).toBe(0);
    const padded = `${words.padEnd(header.length - 11)}\n`;
    expect([...header]).toEqual([...npy(1, padded)]);
  });

  test("one that fills 64 bytes exactly, and one a byte longer", () => {
    const lengths = [11, 12, 13].map((digits) => {
      const size = Number("1".repeat(digits - 2));
      return [dict(`(${size},)`, "<f4").length + 11, encodeNpyHeader("float32", [size]).length];
    });
    for (const [needed, total] of lengths) expect(total).toBe(64 * Math.ceil(needed! / 64));
  });
});

describe("where the data begin", () => {
  test("after the prefix of the version and the header", () => {
    expect(npyDataOffset(npy(1, "", [], 118), "a")).toBe(128);
    expect(npyDataOffset(npy(2, "", [], 118), "a")).toBe(130);
    expect(npyDataOffset(npy(3, "", [], 65536), "a")).toBe(65548);
  });

  test.each([
    [npy(2, "", [], 65537), "a: expected an .npy header of at most 65536 bytes, got 65537"],
    [npy(0, ""), "a: expected .npy version 1 to 3, got 0"],
    [npy(4, ""), "a: expected .npy version 1 to 3, got 4"],
    [npy(2, "").subarray(0, 11), "a: expected an .npy header, got 11 bytes"],
    [npy(1, "").subarray(0, 9), "a: expected an .npy array, got other bytes"],
    [Uint8Array.from([...MAGIC.slice(0, 5), 0, 1, 0, 0, 0]), "a: expected an .npy array, got other bytes"],
  ])("refused: case %#", (bytes, message) => {
    expect(() => npyDataOffset(bytes, "a")).toThrow(message);
  });

  test("version 1 needs ten bytes only", () => {
    expect(npyDataOffset(npy(1, "").subarray(0, 10), "a")).toBe(10);
  });
});

describe("headers that are read", () => {
  test.each([
    [1, dict("(2, 3)"), [2, 3]],
    [2, dict("(6,)"), [6]],
    [3, dict("(1, 6, )"), [1, 6]],
    [1, "{ 'descr' : '|u1' , 'fortran_order' : False , 'shape' : ( 6 , ) }  \n", [6]],
    [1, "{'descr':'|u1','fortran_order':False,'shape':(3,2)}", [3, 2]],
  ])("version %i: %s", (major, header, shape) => {
    const bytes = npy(major, header, [1, 2, 3, 4, 5, 6]);
    const { dataOffset, byteLength, ...rest } = parseNpyHeader(bytes, bytes.length, "a");
    expect(rest).toEqual({ dtype: "uint8", shape, fortranOrder: false });
    expect([dataOffset, byteLength]).toEqual([bytes.length - 6, 6]);
    expect(decodeNpy(bytes)).toEqual({ dtype: "uint8", shape, data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  });

  test("booleans under their other names, and 64 dimensions", () => {
    for (const descr of ["?", "<b1", "|b1"]) {
      const bytes = npy(1, dict("()", descr), [1]);
      expect(decodeNpy(bytes)).toEqual({ dtype: "bool", shape: [], data: Uint8Array.of(1) });
    }
    expect(decodeNpy(npy(1, dict(`(${"1,".repeat(64)})`), [9])).shape).toHaveLength(64);
  });

  test.each([
    [dict(`(${"1,".repeat(65)})`), "a shape of at most 64 sizes"],
    [dict("(1,,1)"), "a shape of at most 64 sizes"],
    [dict("(1 1)"), "a shape of at most 64 sizes"],
    [dict("(9999999999999999999,)"), "a shape of at most 64 sizes"],
    [dict("(-1,)"), "descr, fortran_order and shape in the .npy header"],
    [dict("(1,)", "|u1", "true"), "descr, fortran_order and shape in the .npy header"],
    [`${dict("(1,)")} x`, "descr, fortran_order and shape in the .npy header"],
    [`x${dict("(1,)")}`, "descr, fortran_order and shape in the .npy header"],
    [dict("(1,)", ">f4"), "a type of <f8, <f4, <f2, <i8, <u8, <i4, <u4, <i2, <u2, |i1, |u1, |b1"],
    [dict("(2,)"), "2 bytes for uint8 [2], got 1"],
    [dict("(0,)"), "0 bytes for uint8 [0], got 1"],
  ])("refused: %s", (header, message) => {
    expect(() => decodeNpy(npy(1, header, [7]), "a.npy")).toThrow(`a.npy: expected ${message}`);
  });

  test("a header cut short is called so", () => {
    const bytes = npy(1, dict("(1,)"), [7]);
    expect(() => parseNpyHeader(bytes.subarray(0, 20), bytes.length, "a")).toThrow(
      /of \d+ bytes, got 20 \(truncated\?\)/,
    );
  });
});

test("Fortran order becomes C order; with one dimension both are the same", () => {
  const turned = npy(1, dict("(2, 3)", "<u2", "True"), [1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6, 1]);
  expect(decodeNpy(turned)).toEqual({ dtype: "uint16", shape: [2, 3], data: Uint16Array.of(1, 2, 3, 4, 5, 262) });
  const deep = npy(1, dict("(2, 2, 2)", "|u1", "True"), [0, 4, 2, 6, 1, 5, 3, 7]);
  expect([...decodeNpy(deep).data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect([...decodeNpy(npy(1, dict("(3,)", "|u1", "True"), [1, 2, 3])).data]).toEqual([1, 2, 3]);
  expect(decodeNpy(npy(1, dict("(0, 2)", "|u1", "True"))).shape).toEqual([0, 2]);
});

test("elements are viewed where they lie if aligned, and copied if not", () => {
  const memory = new Uint8Array(12).map((_, i) => i);
  const aligned = npyArray("uint32", [2], memory.subarray(4));
  expect(aligned.data.buffer).toBe(memory.buffer);
  expect([...aligned.data]).toEqual([0x07060504, 0x0b0a0908]);
  const moved = npyArray("uint32", [2], memory.subarray(3, 11));
  expect(moved.data.buffer).not.toBe(memory.buffer);
  expect([...moved.data]).toEqual([0x06050403, 0x0a090807]);
  const sizes: [NpyDType, number][] = [
    ["float64", 8],
    ["float32", 4],
    ["float16", 2],
    ["int8", 1],
    ["bool", 1],
  ];
  for (const [dtype, size] of sizes) expect(itemSizeOf(dtype)).toBe(size);
});
