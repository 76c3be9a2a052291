import { float16ToFloat32, float32ToFloat16 } from "../checkpoint/index.ts";
import type { NamedArray } from "../train/index.ts";

/** Values as they are once stored in half precision, so that what is measured is what is written. */
export function storedInHalf(arrays: ReadonlyMap<string, NamedArray>): Map<string, NamedArray> {
  return new Map(
    [...arrays].map(([name, { shape, data }]) => [name, { shape, data: float16ToFloat32(float32ToFloat16(data)) }]),
  );
}
