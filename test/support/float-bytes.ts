/** Floating types that are read and never written: their bytes for tests. */
import { fromFloat32 } from "../../src/checkpoint/index.ts";

/** float32 to bfloat16 bit patterns: round to nearest even; NaN stays NaN. */
export function float32ToBFloat16(values: Float32Array): Uint16Array {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < source.length; i++) {
    const bits = source[i]!;
    const kept = bits >>> 16;
    const notNumber = (bits & 0x7fffffff) > 0x7f800000;
    out[i] = notNumber ? kept | 0x40 : kept + roundsUp(kept, bits & 0xffff);
  }
  return out;
}

const roundsUp = (kept: number, cut: number): number => (cut > 0x8000 || (cut === 0x8000 && kept & 1) ? 1 : 0);

/** float32 values as the bytes of a floating stored type. */
export function floatBytes(values: Float32Array, dtype: "float32" | "float16" | "bfloat16" | "float64"): Uint8Array {
  if (dtype === "bfloat16") return new Uint8Array(float32ToBFloat16(values).buffer);
  if (dtype === "float64") return new Uint8Array(Float64Array.from(values).buffer);
  return fromFloat32(values, dtype);
}
