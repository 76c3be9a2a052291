/** The `.npy` format (NumPy Enhancement Proposal 1), versions 1 to 3, for numbers and booleans. */
import { alignBytes } from "./convert.ts";
import { CheckpointError, quote } from "./error.ts";
import { countElements } from "./types.ts";

/** Which typed array holds which element type; `float16` as bit patterns, `bool` as 0 and 1. */
interface NpyTypes {
  float64: Float64Array;
  float32: Float32Array;
  float16: Uint16Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

export type NpyDType = keyof NpyTypes;

/** An array in memory, C-contiguous; an empty shape is a scalar. */
export type NpyArray = {
  [K in NpyDType]: { readonly dtype: K; readonly shape: number[]; readonly data: NpyTypes[K] };
}[NpyDType];

/** What an `.npy` header says. */
export interface NpyHeader {
  readonly dtype: NpyDType;
  readonly shape: number[];
  readonly fortranOrder: boolean;
  /** Where the elements begin. */
  readonly dataOffset: number;
  /** Bytes of all elements. */
  readonly byteLength: number;
}

interface NpyType {
  readonly descr: string;
  readonly itemSize: number;
  readonly view: (bytes: Uint8Array) => NpyTypes[NpyDType];
}

type View = new (buffer: ArrayBufferLike, offset: number, length: number) => NpyTypes[NpyDType];

const type = (descr: string, itemSize: number, make: View): NpyType => ({
  descr,
  itemSize,
  view(bytes) {
    const { buffer, byteOffset, byteLength } = alignBytes(bytes, itemSize);
    return new make(buffer, byteOffset, byteLength / itemSize);
  },
});

const npyTypes: Readonly<Record<NpyDType, NpyType>> = {
  float64: type("<f8", 8, Float64Array),
  float32: type("<f4", 4, Float32Array),
  float16: type("<f2", 2, Uint16Array),
  int64: type("<i8", 8, BigInt64Array),
  uint64: type("<u8", 8, BigUint64Array),
  int32: type("<i4", 4, Int32Array),
  uint32: type("<u4", 4, Uint32Array),
  int16: type("<i2", 2, Int16Array),
  uint16: type("<u2", 2, Uint16Array),
  int8: type("|i1", 1, Int8Array),
  uint8: type("|u1", 1, Uint8Array),
  bool: type("|b1", 1, Uint8Array),
};

const byDescr: ReadonlyMap<string, NpyDType> = new Map(
  Object.entries(npyTypes).map(([dtype, { descr }]) => [descr, dtype as NpyDType]),
);

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Headers of number arrays take about 100 bytes. */
const mostHeaderBytes = 65536;
const mostDimensions = 64;
const alignment = 64;

/** Bytes at the start that tell a header's length. */
export const npyPrefixBytes = 12;

/** Bytes per element. */
export function npyItemSize(dtype: NpyDType): number {
  return npyTypes[dtype].itemSize;
}

/** Where the elements begin, from the first bytes of the file (`npyPrefixBytes`, or all there are). */
export function npyDataOffset(prefix: Uint8Array, where: string): number {
  const known = prefix.length >= 10 && magic.every((byte, i) => prefix[i] === byte);
  if (!known) throw new CheckpointError(where, "an .npy array", "other bytes");
  const major = prefix[6]!;
  if (major < 1 || major > 3) throw new CheckpointError(where, ".npy version 1 to 3", String(major));
  const data = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  if (major > 1 && prefix.length < 12) throw new CheckpointError(where, "an .npy header", `${prefix.length} bytes`);
  const length = major === 1 ? data.getUint16(8, true) : data.getUint32(8, true);
  if (length > mostHeaderBytes) {
    throw new CheckpointError(where, `an .npy header of at most ${mostHeaderBytes} bytes`, String(length));
  }
  return (major === 1 ? 10 : 12) + length;
}

const headerPattern =
  /^\{\s*'descr'\s*:\s*'([^']*)'\s*,\s*'fortran_order'\s*:\s*(True|False)\s*,\s*'shape'\s*:\s*\(([\d\s,]*)\)\s*(?:,\s*)?\}\s*$/;

function parseShape(text: string, where: string): number[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.at(-1) === "") parts.pop();
  const shape = parts.map((part) => (/^\d+$/.test(part) ? Number(part) : Number.NaN));
  if (shape.length > mostDimensions || !shape.every(Number.isSafeInteger)) {
    throw new CheckpointError(where, `a shape of at most ${mostDimensions} sizes`, quote(text));
  }
  return shape;
}

/**
 * Reads the header. `bytes` holds at least the header; `size` is the size of the whole `.npy` and must be what
 * shape and dtype ask for.
 */
export function parseNpyHeader(bytes: Uint8Array, size: number, where: string): NpyHeader {
  const dataOffset = npyDataOffset(bytes.subarray(0, npyPrefixBytes), where);
  if (dataOffset > bytes.length) {
    throw new CheckpointError(where, `an .npy header of ${dataOffset} bytes`, `${bytes.length} (truncated?)`);
  }
  const start = bytes[6] === 1 ? 10 : 12;
  const text = new TextDecoder("latin1").decode(bytes.subarray(start, dataOffset));
  const match = headerPattern.exec(text);
  if (!match) throw new CheckpointError(where, "descr, fortran_order and shape in the .npy header", quote(text.trim()));
  const [, descr, order, sizes] = match as unknown as [string, string, string, string];
  const dtype = byDescr.get(descr === "?" || descr === "<b1" ? "|b1" : descr);
  if (!dtype) throw new CheckpointError(where, `a type of ${[...byDescr.keys()].join(", ")}`, quote(descr));
  const shape = parseShape(sizes, where);
  const byteLength = countElements(shape) * npyTypes[dtype].itemSize;
  if (size - dataOffset !== byteLength) {
    throw new CheckpointError(where, `${byteLength} bytes for ${dtype} [${shape}]`, `${size - dataOffset}`);
  }
  return { dtype, shape, fortranOrder: order === "True", dataOffset, byteLength };
}

/** Bytes (C order) as an array of the type; shares memory with `bytes` where their alignment allows it. */
export function npyArray(dtype: NpyDType, shape: readonly number[], bytes: Uint8Array): NpyArray {
  return { dtype, shape: [...shape], data: npyTypes[dtype].view(bytes) } as NpyArray;
}

/** Elements in Fortran order (first index fastest) to C order. */
function fromFortran(bytes: Uint8Array, shape: readonly number[], itemSize: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const steps = shape.map((_, axis) => countElements(shape.slice(axis + 1)) * itemSize);
  const index = new Array<number>(shape.length).fill(0);
  let to = 0;
  for (let from = 0; from < bytes.length; from += itemSize) {
    for (let byte = 0; byte < itemSize; byte++) out[to + byte] = bytes[from + byte]!;
    for (let axis = 0; axis < shape.length; axis++) {
      to += steps[axis]!;
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      to -= steps[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

/** Element bytes as the header describes them, in C order. */
export function decodeNpyData(header: NpyHeader, bytes: Uint8Array): NpyArray {
  const { dtype, shape, fortranOrder } = header;
  const ordered = fortranOrder && shape.length > 1 ? fromFortran(bytes, shape, npyTypes[dtype].itemSize) : bytes;
  return npyArray(dtype, shape, ordered);
}

/** A whole `.npy` file. @throws CheckpointError for anything else. */
export function decodeNpy(bytes: Uint8Array, where = "npy"): NpyArray {
  const header = parseNpyHeader(bytes, bytes.length, where);
  return decodeNpyData(header, bytes.subarray(header.dataOffset));
}

/** Magic, version 1.0 and header; the elements (little-endian, C order) follow at a multiple of 64. */
export function encodeNpyHeader(dtype: NpyDType, shape: readonly number[]): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dict = `{'descr': '${npyTypes[dtype].descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const total = Math.ceil((10 + dict.length + 1) / alignment) * alignment;
  const header = new TextEncoder().encode(`          ${dict.padEnd(total - 11)}\n`);
  header.set([...magic, 1, 0]);
  new DataView(header.buffer).setUint16(8, total - 10, true);
  return header;
}
