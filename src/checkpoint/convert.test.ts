import { expect, test } from "vitest";
import { float32ToBFloat16, floatBytes } from "../../test/support/float-bytes.ts";
import { float16ToFloat32, float32ToFloat16, toFloat32 } from "./convert.ts";
import { crc32, crc32Portable } from "./crc32.ts";
import type { StoredDType } from "./types.ts";

const bitsOf = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length);
const allHalves = Uint16Array.from({ length: 65536 }, (_, i) => i);
const isNaNHalf = (bits: number) => (bits & 0x7fff) > 0x7c00;

test("every half survives the way to float32 and back; NaN stays NaN", () => {
  const back = float32ToFloat16(float16ToFloat32(allHalves));
  for (const bits of allHalves) {
    if (isNaNHalf(bits)) expect(isNaNHalf(back[bits]!)).toBe(true);
    else if (back[bits] !== bits) expect(back[bits]).toBe(bits);
  }
});

test("halves have the values of the standard", () => {
  const some = { 15360: 1, 49152: -2, 31743: 65504, 1: 2 ** -24, 1023: 1023 * 2 ** -24, 1024: 2 ** -14 };
  for (const [bits, value] of Object.entries(some))
    expect(float16ToFloat32(Uint16Array.of(Number(bits)))[0]).toBe(value);
  expect([...float16ToFloat32(Uint16Array.of(0x7c00, 0xfc00, 0x7e00))]).toEqual([Infinity, -Infinity, Number.NaN]);
});

const positiveHalves = float16ToFloat32(allHalves.subarray(0, 0x7c00));

/** The nearest half by search, ties to the even pattern: slow and plain. */
function nearestHalf(value: number): number {
  const magnitude = Math.abs(value);
  let low = 0;
  let high = 0x7bff;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (positiveHalves[middle]! <= magnitude) low = middle;
    else high = middle - 1;
  }
  const above = low === 0x7bff ? 65536 : positiveHalves[low + 1]!;
  const up = magnitude - positiveHalves[low]! > above - magnitude;
  const tie = magnitude - positiveHalves[low]! === above - magnitude;
  return (low + (up || (tie && low & 1) ? 1 : 0)) | (value < 0 || Object.is(value, -0) ? 0x8000 : 0);
}

test("float32 rounds to the nearest half, ties to even, subnormals and overflow included", () => {
  const values: number[] = [
    0,
    -0,
    65504,
    65519.996,
    65520,
    -70000,
    2 ** -25,
    2 ** -25 * 1.0001,
    2 ** -26,
    3 * 2 ** -25,
  ];
  for (let i = 0; i < 20_000; i++) {
    const bits = (Math.imul(i, 2654435761) >>> 0) % 0x7f800000;
    values.push(bits % 3 === 0 ? (bits / 2 ** 31) * 2 ** -13 : new Float32Array(Uint32Array.of(bits).buffer)[0]!);
  }
  for (let half = 1; half < 0x7bff; half += 7) {
    const [a, b] = float16ToFloat32(Uint16Array.of(half, half + 1));
    values.push((a! + b!) / 2, -(a! + b!) / 2);
  }
  const floats = Float32Array.from(values);
  const ours = float32ToFloat16(floats);
  for (let i = 0; i < floats.length; i++) {
    const wanted = nearestHalf(floats[i]!);
    if (ours[i] !== wanted) expect({ value: floats[i], half: ours[i] }).toEqual({ value: floats[i], half: wanted });
  }
  expect([...float32ToFloat16(Float32Array.of(Infinity, -Infinity))]).toEqual([0x7c00, 0xfc00]);
  expect(isNaNHalf(float32ToFloat16(Float32Array.of(Number.NaN))[0]!)).toBe(true);
});

test("bfloat16 is the upper half of a float32, rounded to even", () => {
  const values = new Float32Array(Uint32Array.of(0x3f808000, 0x3f818000, 0x3f808001, 0x7f7fffff, 0xff800000).buffer);
  expect([...float32ToBFloat16(values)]).toEqual([0x3f80, 0x3f82, 0x3f81, 0x7f80, 0xff80]);
  const nan = toFloat32(
    new Uint8Array(float32ToBFloat16(new Float32Array(Uint32Array.of(0x7f800001).buffer)).buffer),
    "bfloat16",
  );
  expect(nan[0]).toBeNaN();
  const all = new Uint8Array(allHalves.buffer);
  const back = floatBytes(
    toFloat32(all, "bfloat16").map((v) => (Number.isNaN(v) ? 0 : v)),
    "bfloat16",
  );
  const numbers = allHalves.filter((bits) => (bits & 0x7fff) <= 0x7f80);
  const words = new Uint16Array(back.buffer);
  expect(numbers.every((bits) => words[bits] === bits)).toBe(true);
});

test.each<[StoredDType, ArrayBufferView, number[]]>([
  ["float64", Float64Array.of(0.1, -1e300), [Math.fround(0.1), -Infinity]],
  ["float32", Float32Array.of(1.5, -2), [1.5, -2]],
  ["int64", BigInt64Array.of(-1n, 2n ** 40n, -(2n ** 33n) - 5n), [-1, 2 ** 40, Math.fround(-(2 ** 33) - 5)]],
  ["int32", Int32Array.of(-7, 2 ** 24), [-7, 2 ** 24]],
  ["int16", Int16Array.of(-300), [-300]],
  ["int8", Int8Array.of(-3), [-3]],
  ["uint8", Uint8Array.of(200), [200]],
  ["bool", Uint8Array.of(1, 0), [1, 0]],
])("toFloat32 reads %s from aligned and unaligned bytes", (dtype, values, wanted) => {
  const bytes = new Uint8Array(values.buffer);
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  expect([...toFloat32(bytes, dtype)]).toEqual(wanted);
  expect([...toFloat32(shifted.subarray(1), dtype)]).toEqual(wanted);
});

test("toFloat32 takes aligned float32 as a view and refuses broken lengths", () => {
  const values = Float32Array.of(1, 2);
  expect(toFloat32(new Uint8Array(values.buffer), "float32").buffer).toBe(values.buffer);
  expect(() => toFloat32(new Uint8Array(5), "float16")).toThrow(/expected a multiple of 2 bytes for float16, got 5/);
  expect(bitsOf(toFloat32(new Uint8Array(4), "float32"))[0]).toBe(0);
});

test("CRC-32: the check value, and both forms agree at every length and continuation", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  expect(crc32Portable(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i * 37);
  for (let n = 0; n <= 100; n++) {
    const part = bytes.subarray(0, n);
    expect(crc32Portable(bytes.subarray(n), crc32Portable(part))).toBe(crc32(bytes));
    expect(crc32(bytes.subarray(n), crc32(part))).toBe(crc32(bytes));
  }
});
