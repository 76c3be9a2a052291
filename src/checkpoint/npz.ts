/** NumPy archives (`.npz`): zip archives of `.npy` arrays. */
import { CheckpointError, quote } from "./error.ts";
import {
  decodeNpy,
  encodeNpyHeader,
  type NpyArray,
  type NpyHeader,
  npyDataOffset,
  npyPrefixBytes,
  parseNpyHeader,
} from "./npy.ts";
import { refuseOtherFormats } from "./sniff.ts";
import { type ByteSink, type ByteSource, bytesSource } from "./source.ts";
import { withSource, writeAtomically } from "./source-node.ts";
import { countElements, itemSizeOf, type NpyDType } from "./types.ts";
import type { ZipEntry } from "./zip-format.ts";
import { entryChunks, inflateRaw, readEntry, readZip } from "./zip-read.ts";
import { type Chunks, zipWriter } from "./zip-write.ts";

/** One array of an open `.npz` file. */
export interface NpzEntry {
  readonly name: string;
  /** Type and shape, without reading the elements. */
  header(): Promise<NpyHeader>;
  /** The whole array, its CRC-32 checked. */
  read(): Promise<NpyArray>;
  /**
   * The elements' bytes (little-endian, C order) from the first to the last, piece by piece, and the CRC-32 checked after
   * them: arrays of any size in little memory, stored or deflated. Those in Fortran order are held whole.
   */
  chunks(): AsyncGenerator<Uint8Array>;
}

/** An open `.npz` file. */
export interface NpzFile {
  readonly arrays: Map<string, NpzEntry>;
  close(): Promise<void>;
}

/** Inflated arrays may be 1000 times their file; this bounds what one can ask for. Stored ones have the file's size. */
const mostInflatedBytes = 2 ** 30;
const suffix = ".npy";

/** The first bytes of a record, at most `length` of them. */
async function begin(source: ByteSource, entry: ZipEntry, length: number): Promise<Uint8Array> {
  const wanted = Math.min(length, entry.size);
  if (entry.method === "stored") return source.read(entry.offset, wanted);
  const bytes = new Uint8Array(wanted);
  let done = 0;
  for await (const chunk of inflateRaw(source, entry)) {
    bytes.set(chunk.subarray(0, wanted - done), done);
    done += Math.min(chunk.length, wanted - done);
    if (done === wanted) break;
  }
  return bytes;
}

function npzEntry(source: ByteSource, entry: ZipEntry, name: string): NpzEntry {
  const where = `${source.name}: array ${quote(name)}`;
  const most = entry.method === "stored" ? entry.size : mostInflatedBytes;
  const header = async (): Promise<NpyHeader> => {
    const prefix = await begin(source, entry, npyPrefixBytes);
    return parseNpyHeader(await begin(source, entry, npyDataOffset(prefix, where)), entry.size, where);
  };
  const read = async () => decodeNpy(await readEntry(source, entry, most), where);
  return {
    name,
    header,
    read,
    async *chunks() {
      const head = await header();
      if (head.fortranOrder && head.shape.length > 1) {
        const { buffer, byteOffset, byteLength } = (await read()).data;
        yield new Uint8Array(buffer, byteOffset, byteLength);
        return;
      }
      let before = head.dataOffset;
      for await (const chunk of entryChunks(source, entry)) {
        if (chunk.length > before) yield chunk.subarray(before);
        before = Math.max(0, before - chunk.length);
      }
    },
  };
}

/**
 * Opens a NumPy archive (`np.savez`, `np.savez_compressed`); arrays are read on demand.
 * @throws CheckpointError for damaged archives and records that are not arrays.
 */
export function openNpz(input: string | ByteSource): Promise<NpzFile> {
  return withSource(input, async (source) => {
    await refuseOtherFormats(source, "npz");
    const entries = await readZip(source);
    const arrays = new Map<string, NpzEntry>();
    for (const [record, entry] of entries) {
      if (!record.endsWith(suffix)) {
        throw new CheckpointError(source.name, "records that end in .npy", quote(record));
      }
      const name = record.slice(0, -suffix.length);
      arrays.set(name, npzEntry(source, entry, name));
    }
    return { arrays, close: () => source.close() };
  });
}

/** What `use` makes of a NumPy archive, which is open until then. @throws CheckpointError as {@link openNpz} does */
export async function withNpz<T>(input: string | ByteSource, use: (file: NpzFile) => Promise<T>): Promise<T> {
  const file = await openNpz(input);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/**
 * All arrays of a NumPy archive (or those named), in memory. Arrays in Fortran order come in C order.
 * @param input a path, or the file's bytes.
 * @throws CheckpointError for damaged archives, unsupported types (text, objects, big-endian) and missing names.
 */
export function readNpz(input: string | Uint8Array, names?: readonly string[]): Promise<Map<string, NpyArray>> {
  return withNpz(typeof input === "string" ? input : bytesSource(input, "npz"), async (file) => {
    const arrays = new Map<string, NpyArray>();
    for (const name of names ?? file.arrays.keys()) {
      const entry = file.arrays.get(name);
      if (!entry) {
        const where = typeof input === "string" ? input : "npz";
        throw new CheckpointError(where, `an array ${quote(name)}`, [...file.arrays.keys()].slice(0, 20).join(", "));
      }
      arrays.set(name, await entry.read());
    }
    return arrays;
  });
}

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
    const size = header.length + countElements(array.shape) * itemSizeOf(array.dtype);
    await zip.add(`${name}${suffix}`, size, withHeader(header, bodyOf(array)));
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
