/** Element types: the array that holds them, and what NumPy's `.npy`, PyTorch's storages and safetensors call them. */
const DTYPES = {
  float64: { array: Float64Array, npy: "<f8", torch: "DoubleStorage", safetensors: "F64" },
  float32: { array: Float32Array, npy: "<f4", torch: "FloatStorage", safetensors: "F32" },
  /** Bit patterns. */
  float16: { array: Uint16Array, npy: "<f2", torch: "HalfStorage", safetensors: "F16" },
  /** Bit patterns. */
  bfloat16: { array: Uint16Array, torch: "BFloat16Storage", safetensors: "BF16" },
  int64: { array: BigInt64Array, npy: "<i8", torch: "LongStorage", safetensors: "I64" },
  uint64: { array: BigUint64Array, npy: "<u8" },
  int32: { array: Int32Array, npy: "<i4", torch: "IntStorage", safetensors: "I32" },
  uint32: { array: Uint32Array, npy: "<u4" },
  int16: { array: Int16Array, npy: "<i2", torch: "ShortStorage", safetensors: "I16" },
  uint16: { array: Uint16Array, npy: "<u2" },
  int8: { array: Int8Array, npy: "|i1", torch: "CharStorage", safetensors: "I8" },
  uint8: { array: Uint8Array, npy: "|u1", torch: "ByteStorage", safetensors: "U8" },
  /** 0 and 1. */
  bool: { array: Uint8Array, npy: "|b1", torch: "BoolStorage", safetensors: "BOOL" },
} as const;

type DTypes = typeof DTYPES;
export type DType = keyof DTypes;
/** Those that a format has a name for. */
type Named<F extends string> = { [K in DType]: DTypes[K] extends Record<F, string> ? K : never }[DType];

/** Element types that the tensor files hold, under PyTorch's names. */
export type StoredDType = Named<"torch">;
/** Element types of `.npy` arrays. */
export type NpyDType = Named<"npy">;
/** The typed array that holds elements of a type. */
export type ElementsOf<D extends DType> = DTypes[D]["array"]["prototype"];

/** Bytes of one element. */
export const itemSizeOf = (dtype: DType): number => DTYPES[dtype].array.BYTES_PER_ELEMENT;

/** What a format calls an element type. */
export const formatName = <F extends string>(format: F, dtype: Named<F>): string =>
  (DTYPES[dtype] as unknown as Record<F, string>)[format];

/** Element types by the names that a format has for them. */
export const dtypesOf = <F extends string>(format: F): ReadonlyMap<string, Named<F>> =>
  new Map(
    Object.entries(DTYPES).flatMap(([dtype, names]) =>
      format in names ? [[formatName(format, dtype as Named<F>), dtype as Named<F>] as const] : [],
    ),
  );

/** Elements of a type as an array; shares memory with `bytes` where their alignment allows it. */
export function elementsOf<D extends DType>(dtype: D, bytes: Uint8Array): ElementsOf<D> {
  const size = itemSizeOf(dtype);
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new DTYPES[dtype].array(buffer as ArrayBuffer, byteOffset, byteLength / size);
}

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
  const byteLength = countElements(shape) * itemSizeOf(dtype);
  if (bytes.byteLength !== byteLength) {
    throw new RangeError(`tensorSource: expected ${byteLength} bytes for ${dtype} [${shape}], got ${bytes.byteLength}`);
  }
  return { dtype, shape, byteLength, read: async () => bytes };
}
