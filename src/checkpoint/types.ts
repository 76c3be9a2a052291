/** Element types that the tensor files hold, under PyTorch's names. */
export type StoredDType =
  | "float64"
  | "float32"
  | "float16"
  | "bfloat16"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "uint8"
  | "bool";

/** Bytes of one element. */
export const itemSizes: Readonly<Record<StoredDType, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** Anything that a writer can store as a tensor; a `TensorEntry` of an open file is one. */
export interface TensorSource {
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  /** Elements times bytes per element. */
  readonly byteLength: number;
  /** Little-endian, C-contiguous bytes, `byteLength` of them. */
  read(): Promise<Uint8Array>;
}

/** One named tensor of an open file; its bytes stay on disk until they are read. */
export interface TensorEntry extends TensorSource {
  readonly name: string;
  readonly shape: number[];
  /**
   * Where the bytes lie, uncompressed and C-contiguous, when they do so in a file. Reading there goes past the
   * checksums: call `TensorFile.verify()` before.
   */
  readonly location?: { readonly path: string; readonly offset: number };
}

/** An open checkpoint: names to tensors. */
export interface TensorFile {
  readonly format: "pth" | "safetensors";
  readonly tensors: Map<string, TensorEntry>;
  readonly metadata: Record<string, string>;
  /** Sentences for whoever uses the file: which of several sets of weights was taken, what could not be verified. */
  readonly notes: readonly string[];
  /** Checks every checksum that the format has (`.pth`: CRC-32 of each record that has one; safetensors has none). */
  verify(): Promise<void>;
  /** Closes the file; entries can no longer be read. */
  close(): Promise<void>;
}

/** Number of elements; an empty shape is a scalar and counts one. */
export function countElements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A tensor in memory as a writer's input. `bytes` must be little-endian, C-contiguous and of the right length. */
export function tensorSource(dtype: StoredDType, shape: readonly number[], bytes: Uint8Array): TensorSource {
  const byteLength = countElements(shape) * itemSizes[dtype];
  if (bytes.byteLength !== byteLength) {
    throw new RangeError(`tensorSource: expected ${byteLength} bytes for ${dtype} [${shape}], got ${bytes.byteLength}`);
  }
  return { dtype, shape, byteLength, read: async () => bytes };
}
