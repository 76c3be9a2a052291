/** The `.npy` format (NumPy Enhancement Proposal 1), versions 1 to 3, for numbers and booleans. */
import { CheckpointError, quote } from "./error.ts";
import { gather } from "./strides.ts";
import {
  countElements,
  dtypesOf,
  type ElementsOf,
  elementsOf,
  formatName,
  itemSizeOf,
  type NpyDType,
} from "./types.ts";

/** An array in memory, C-contiguous; an empty shape is a scalar. */
export type NpyArray = {
  [K in NpyDType]: { readonly dtype: K; readonly shape: number[]; readonly data: ElementsOf<K> };
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

const byDescr = dtypesOf("npy");

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Headers of number arrays take about 100 bytes. */
const mostHeaderBytes = 65536;
const mostDimensions = 64;
const alignment = 64;

/** Bytes at the start that tell a header's length. */
export const npyPrefixBytes = 12;

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
  const byteLength = countElements(shape) * itemSizeOf(dtype);
  if (size - dataOffset !== byteLength) {
    throw new CheckpointError(where, `${byteLength} bytes for ${dtype} [${shape}]`, `${size - dataOffset}`);
  }
  return { dtype, shape, fortranOrder: order === "True", dataOffset, byteLength };
}

/** Bytes (C order) as an array of the type; shares memory with `bytes` where their alignment allows it. */
export function npyArray(dtype: NpyDType, shape: readonly number[], bytes: Uint8Array): NpyArray {
  return { dtype, shape: [...shape], data: elementsOf(dtype, bytes) } as NpyArray;
}

/** A whole `.npy` file, its elements in C order. @throws CheckpointError for anything else. */
export function decodeNpy(file: Uint8Array, where = "npy"): NpyArray {
  const { dtype, shape, fortranOrder, dataOffset } = parseNpyHeader(file, file.length, where);
  const bytes = file.subarray(dataOffset);
  if (!fortranOrder || shape.length < 2) return npyArray(dtype, shape, bytes);
  const strides = shape.map((_, axis) => countElements(shape.slice(0, axis)));
  return npyArray(dtype, shape, gather(bytes, shape, strides, itemSizeOf(dtype)));
}

/** Magic, version 1.0 and header; the elements (little-endian, C order) follow at a multiple of 64. */
export function encodeNpyHeader(dtype: NpyDType, shape: readonly number[]): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dict = `{'descr': '${formatName("npy", dtype)}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const total = Math.ceil((10 + dict.length + 1) / alignment) * alignment;
  const header = new TextEncoder().encode(`          ${dict.padEnd(total - 11)}\n`);
  header.set([...magic, 1, 0]);
  new DataView(header.buffer).setUint16(8, total - 10, true);
  return header;
}
