/** Type names of the safetensors format (its specification: huggingface/safetensors, section "Format"). */
import type { StoredDType } from "./types.ts";

export const safetensorsNames: Readonly<Record<StoredDType, string>> = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint8: "U8",
  bool: "BOOL",
};

export const safetensorsDTypes: ReadonlyMap<string, StoredDType> = new Map(
  Object.entries(safetensorsNames).map(([dtype, name]) => [name, dtype as StoredDType]),
);

/** Key of the free-form text pairs. */
export const metadataKey = "__metadata__";
