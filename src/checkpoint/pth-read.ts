import { CheckpointError, quote } from "./error.ts";
import { describe, isMap, type PickleKey, type PickleValue, pickleLimits } from "./pickle-values.ts";
import { isStorageClass, pthGlobals } from "./pth-globals.ts";
import { type PthStorage, PthTensor } from "./pth-tensor.ts";
import { refuseOtherFormats } from "./sniff.ts";
import type { ByteSource } from "./source.ts";
import { withSource } from "./source-node.ts";
import { findStateDict } from "./state-dict.ts";
import { itemSizeOf, type TensorFile } from "./types.ts";
import { unpickle } from "./unpickle.ts";
import type { ZipEntry } from "./zip-format.ts";
import { readEntry, readZip, verifyEntry } from "./zip-read.ts";

/** What a `.pth` file holds: scalars, arrays (lists and tuples), maps (dicts and namespaces) and tensors. */
export type PthValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PthTensor
  | PthValue[]
  | Map<PickleKey, PthValue>;

/** An open `.pth` file. */
export interface PthFile {
  /** The pickled object; tensors stay on disk until they are read. */
  readonly tree: PthValue;
  /** The state dict in it, whatever it is wrapped in; see `findStateDict`. Shares this file's handle. */
  stateDict(markers?: readonly string[]): TensorFile;
  /** Checks the CRC-32 of every record that was not read yet and has one. */
  verify(): Promise<void>;
  close(): Promise<void>;
}

/** Room for what a view claims beyond the file: tensors may share and expand storages, within reason. */
const freeTensorBytes = 16 << 20;
const mostSharing = 16;

/** Reads records, each checked once: whole when the first read is of the whole, else in passing before it. */
function recordReader(source: ByteSource) {
  const checked = new Set<ZipEntry>();
  const check = async (entry: ZipEntry): Promise<void> => {
    if (checked.has(entry)) return;
    await verifyEntry(source, entry);
    checked.add(entry);
  };
  return {
    check,
    async readRange(entry: ZipEntry, offset: number, length: number): Promise<Uint8Array> {
      if (length === entry.size && !checked.has(entry)) {
        const whole = await readEntry(source, entry, entry.size);
        checked.add(entry);
        return whole;
      }
      await check(entry);
      return source.read(entry.offset + offset, length);
    },
  };
}

type RecordReader = ReturnType<typeof recordReader>;

interface Archive {
  readonly prefix: string;
  readonly records: Map<string, ZipEntry>;
}

/** The archive's records without their common folder, refused when compressed. */
function openArchive(source: ByteSource, entries: Map<string, ZipEntry>): Archive {
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    throw new CheckpointError(source.name, "a PyTorch archive with one data.pkl", `${pickles.length} of them`);
  }
  const prefix = pickles[0]!.slice(0, -"data.pkl".length);
  const records = new Map<string, ZipEntry>();
  for (const [name, entry] of entries) {
    if (entry.method !== "stored") {
      throw new CheckpointError(`${source.name}: record ${quote(name)}`, "stored bytes", "a compressed record");
    }
    if (name.startsWith(prefix)) records.set(name.slice(prefix.length), entry);
  }
  if (records.has("constants.pkl")) {
    throw new CheckpointError(source.name, "a saved state dict", "a TorchScript archive, which holds code");
  }
  return { prefix, records };
}

/** What to say where `torch.serialization.set_crc32_options(False)` was in force. */
function unverifiedNotes({ records }: Archive): string[] {
  const without = [...records.values()].filter(({ crc }) => crc === undefined).length;
  if (without === 0) return [];
  return [`unverified: ${without} of ${records.size} records were saved without a checksum, so damage does not show`];
}

async function checkByteOrder(source: ByteSource, archive: Archive): Promise<void> {
  const record = archive.records.get("byteorder");
  if (!record) return;
  const order = new TextDecoder().decode(await readEntry(source, record, 16));
  if (order !== "little") throw new CheckpointError(source.name, "little-endian storages", quote(order));
}

/** Turns the pickle's persistent ids, `("storage", class, key, location, length)`, into storages. */
function storageLoader(source: ByteSource, archive: Archive, reader: RecordReader) {
  const storages = new Map<string, PthStorage>();
  return (id: PickleValue): PthStorage => {
    const [tag, type, key, , length] = Array.isArray(id) ? id : [];
    if (tag !== "storage" || !isStorageClass(type) || typeof key !== "string" || typeof length !== "number") {
      throw new CheckpointError(source.name, "a storage's class, key and length", describe(id));
    }
    const where = `${source.name}: record ${quote(`data/${key}`)}`;
    const known = storages.get(key);
    if (known && known.dtype === type.dtype && known.length === length) return known;
    const record = archive.records.get(`data/${key}`);
    if (!record) throw new CheckpointError(where, "a record with the storage's bytes", "none");
    if (record.size !== length * itemSizeOf(type.dtype)) {
      const got = `${record.size} bytes`;
      throw new CheckpointError(where, `${length} elements of ${type.dtype}`, got);
    }
    const storage: PthStorage = {
      pickleKind: "storage",
      where,
      dtype: type.dtype,
      length,
      path: source.path,
      fileOffset: record.offset,
      readRange: (offset, bytes) => reader.readRange(record, offset, bytes),
    };
    storages.set(key, storage);
    return storage;
  };
}

/** Refuses what the machine leaves over when a pickle ends with its tools in the tree, such as a bare storage. */
function checkValues(value: PickleValue, where: string): PthValue {
  const seen = new Set<object>();
  const visit = (item: PickleValue): void => {
    if (typeof item !== "object" || item === null || item instanceof Uint8Array || item instanceof PthTensor) return;
    if (!Array.isArray(item) && !isMap(item))
      throw new CheckpointError(where, "tensors and plain values", describe(item));
    if (seen.has(item)) return;
    seen.add(item);
    for (const child of item.values()) visit(child);
  };
  visit(value);
  return value as PthValue;
}

/** The archive's records. PyTorch leaves the field 0 where it was told to compute no checksums; of nothing, 0 is the checksum. */
async function readRecords(source: ByteSource): Promise<Map<string, ZipEntry>> {
  const entries = await readZip(source);
  for (const [name, entry] of entries)
    if (entry.crc === 0 && entry.size > 0) entries.set(name, { ...entry, crc: undefined });
  return entries;
}

async function readPth(source: ByteSource): Promise<PthFile> {
  await refuseOtherFormats(source, "pth");
  const entries = await readRecords(source);
  const archive = openArchive(source, entries);
  const reader = recordReader(source);
  await checkByteOrder(source, archive);
  const record = archive.records.get("data.pkl")!;
  const pickle = await readEntry(source, record, pickleLimits.bytes);
  const where = `${source.name}: data.pkl`;
  const most = source.size * mostSharing + freeTensorBytes;
  let claimed = 0;
  const countTensor = (bytes: number) => {
    claimed += bytes;
    if (claimed > most) throw new CheckpointError(where, `at most ${most} bytes in all tensors`, `${claimed} or more`);
  };
  const host = { globals: pthGlobals(where, countTensor), load: storageLoader(source, archive, reader) };
  const tree = checkValues(unpickle(pickle, where, host), where);
  const file: PthFile = {
    tree,
    stateDict: (markers) => {
      const { wrapping, tensors, notes } = findStateDict(tree, source.name, markers);
      const { verify, close } = file;
      const said = [...notes, ...unverifiedNotes(archive)];
      return { format: "pth", tensors, metadata: { wrapping }, notes: said, verify, close };
    },
    async verify() {
      for (const entry of entries.values()) await reader.check(entry);
    },
    close: () => source.close(),
  };
  return file;
}

/**
 * Opens a PyTorch checkpoint in its zip form. The pickle is read by a restricted reader that can build tensors,
 * containers and scalars and nothing else; storages are read one at a time, on demand, each checked by its CRC-32.
 * @param input a path, or a source (which the caller closes when opening fails).
 * @throws CheckpointError for anything damaged, hostile or of another format.
 */
export function openPth(input: string | ByteSource): Promise<PthFile> {
  return withSource(input, readPth);
}
