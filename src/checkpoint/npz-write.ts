import { encodeNpyHeader, type NpyArray, type NpyDType, npyItemSize } from "./npy.ts";
import type { ByteSink } from "./source.ts";
import { writeAtomically } from "./source-node.ts";
import { countElements } from "./types.ts";
import { type Chunks, zipWriter } from "./zip-write.ts";

/** An array too large to hold: its elements' bytes (little-endian, C order) come piece by piece. */
export interface NpyStream {
  readonly dtype: NpyDType;
  readonly shape: readonly number[];
  readonly chunks: Chunks;
}

/** Arrays by name, as a map, pairs or a plain object. */
export type NpzEntries =
  | Iterable<readonly [name: string, array: NpyArray | NpyStream]>
  | Readonly<Record<string, NpyArray | NpyStream>>;

async function* withHeader(header: Uint8Array, body: Chunks): AsyncGenerator<Uint8Array> {
  yield header;
  yield* body;
}

function bodyOf(array: NpyArray | NpyStream): Chunks {
  if ("chunks" in array) return array.chunks;
  const { buffer, byteOffset, byteLength } = array.data;
  return [new Uint8Array(buffer, byteOffset, byteLength)];
}

/** Writes a NumPy archive to any sink; see `writeNpz`. `where` names the file in errors. */
export async function writeNpzTo(sink: ByteSink, entries: NpzEntries, where = "npz"): Promise<void> {
  const zip = zipWriter(sink, where);
  for (const [name, array] of Symbol.iterator in entries ? entries : Object.entries(entries)) {
    const header = encodeNpyHeader(array.dtype, array.shape);
    const size = header.length + countElements(array.shape) * npyItemSize(array.dtype);
    await zip.add(`${name}.npy`, size, withHeader(header, bodyOf(array)));
  }
  await zip.finish();
}

/**
 * Writes an uncompressed NumPy archive that `np.load` reads, whole or not at all; zip64 past 4 GiB. Arrays given as
 * streams are never held whole.
 * @throws CheckpointError for names given twice, data that do not fit the shape, and file system errors.
 */
export function writeNpz(path: string, entries: NpzEntries): Promise<void> {
  return writeAtomically(path, (sink) => writeNpzTo(sink, entries, path));
}
