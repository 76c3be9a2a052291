/** Element conversions. Bytes are little-endian, as is every machine that runs JavaScript engines of interest. */
import { elementsOf, itemSizeOf, type StoredDType } from "./types.ts";

/** Value of one IEEE 754 binary16 pattern. */
function halfValue(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** float32 patterns of all 65,536 values. */
const halfTable = new Int32Array(Float32Array.from({ length: 65536 }, (_, bits) => halfValue(bits)).buffer);

/** binary16 bit patterns to float32, exact. */
export function float16ToFloat32(bits: Uint16Array): Float32Array {
  const out = new Int32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const half = bits[i]!;
    const magnitude = half & 0x7fff;
    // Normal numbers keep their fraction and get another bias, 127 for 15: no look-up, which weights as good as random make slow.
    const isNormal = magnitude >= 0x400 && magnitude < 0x7c00;
    out[i] = isNormal ? ((half & 0x8000) << 16) | ((magnitude << 13) + (112 << 23)) : halfTable[half]!;
  }
  return new Float32Array(out.buffer);
}

/** bfloat16 bit patterns (the upper half of a float32) to float32, exact. */
function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const out = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = bits[i]! << 16;
  return new Float32Array(out.buffer);
}

/**
 * Elements of any stored type as float32. float16 and bfloat16 are exact, float64 and int64 round.
 * Float32 bytes that lie aligned are returned as a view, without a copy.
 * @throws RangeError when `bytes` is not a whole number of elements.
 */
export function toFloat32(bytes: Uint8Array, dtype: StoredDType): Float32Array {
  const itemSize = itemSizeOf(dtype);
  if (bytes.byteLength % itemSize !== 0) {
    throw new RangeError(`toFloat32: expected a multiple of ${itemSize} bytes for ${dtype}, got ${bytes.byteLength}`);
  }
  const elements = elementsOf(dtype, bytes);
  if (elements instanceof Float32Array) return elements;
  if (elements instanceof BigInt64Array) return Float32Array.from(elements, Number);
  if (elements instanceof Uint16Array)
    return dtype === "float16" ? float16ToFloat32(elements) : bfloat16ToFloat32(elements);
  return new Float32Array(elements);
}

/** float32 to binary16 bit patterns: round to nearest even, subnormals kept, overflow to infinity, NaN stays NaN. */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < source.length; i++) {
    const bits = source[i]!;
    const magnitude = bits & 0x7fffffff;
    const sign = (bits >>> 16) & 0x8000;
    // Normal numbers of both types: the exponent's bias changes, and a carry of rounding to even goes into it as it should.
    if (magnitude >= 0x38800000 && magnitude < 0x47800000) {
      out[i] = sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
      continue;
    }
    const exponent = magnitude >>> 23;
    const fraction = bits & 0x7fffff;
    if (exponent >= 143) {
      out[i] = sign | 0x7c00 | (exponent === 255 && fraction ? 0x200 | (fraction >>> 13) : 0);
    } else if (exponent >= 102) {
      const shift = 126 - exponent;
      const whole = fraction | 0x800000;
      const kept = whole >>> shift;
      out[i] = sign | (kept + roundUp(kept, whole & ((1 << shift) - 1), 1 << (shift - 1)));
    } else out[i] = sign;
  }
  return out;
}

/** 1 when the cut-off part rounds the kept part up: more than half, or half and the kept part odd. */
function roundUp(kept: number, cut: number, half: number): number {
  return cut > half || (cut === half && kept & 1) ? 1 : 0;
}

/** float32 values as the bytes of a stored type. */
export const fromFloat32 = (values: Float32Array, dtype: "float32" | "float16"): Uint8Array =>
  dtype === "float32"
    ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    : new Uint8Array(float32ToFloat16(values).buffer);
