import { crc32 } from "./crc32.ts";
import { CheckpointError, quote, reason } from "./error.ts";
import { type ByteSource, readChunks } from "./source.ts";
import type { ZipEntry } from "./zip-format.ts";
import * as zip from "./zip-format.ts";

/** Real checkpoints have hundreds of records; the limit bounds the memory that a hostile directory can ask for. */
const mostEntries = 200_000;
const mostDirectoryBytes = 64 << 20;
/** DEFLATE (RFC 1951) expands at most 258 bytes per 2 bits. */
const mostExpansion = 1032;

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

interface Directory {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
}

async function findDirectory(source: ByteSource): Promise<Directory> {
  const fail = (got: string) => new CheckpointError(source.name, "a zip archive with its directory at the end", got);
  const tailSize = Math.min(source.size, zip.endBytes + zip.max16 + zip.end64LocatorBytes);
  const tailStart = source.size - tailSize;
  const tail = view(await source.read(tailStart, tailSize));
  let at = tailSize - zip.endBytes;
  const isEnd = () =>
    tail.getUint32(at, true) === zip.endSignature && at + zip.endBytes + tail.getUint16(at + 20, true) === tailSize;
  while (at >= 0 && !isEnd()) at--;
  if (at < 0) throw fail(`${source.size} bytes without an end record (truncated?)`);
  if (tail.getUint16(at + 4, true) !== 0) throw fail("one volume of several");
  const plain = {
    count: tail.getUint16(at + 10, true),
    size: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  };
  const locatorAt = at - zip.end64LocatorBytes;
  const has64 = locatorAt >= 0 && tail.getUint32(locatorAt, true) === zip.end64LocatorSignature;
  if (!has64) return checkDirectory(source, plain, tailStart + at);
  const end64At = readSize(tail, locatorAt + 8, source);
  const end64 = view(await source.read(end64At, zip.end64Bytes));
  if (end64.getUint32(0, true) !== zip.end64Signature) throw fail("a zip64 locator that points elsewhere");
  const wide = {
    count: readSize(end64, 32, source),
    size: readSize(end64, 40, source),
    offset: readSize(end64, 48, source),
  };
  return checkDirectory(source, wide, end64At);
}

function checkDirectory(source: ByteSource, directory: Directory, end: number): Directory {
  const { count, size, offset } = directory;
  if (count > mostEntries || size > mostDirectoryBytes) {
    throw new CheckpointError(source.name, `at most ${mostEntries} records`, `${count} (directory of ${size} bytes)`);
  }
  if (offset + size > end || count * zip.centralBytes > size) {
    const got = `${count} records in bytes ${offset}..${offset + size}`;
    throw new CheckpointError(source.name, `a directory before byte ${end}`, got);
  }
  return directory;
}

/** A 64-bit size or offset; nothing in a file can be larger than 2^53. */
function readSize(data: DataView, at: number, source: ByteSource): number {
  const value = data.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new CheckpointError(source.name, "sizes below 2^53", String(value));
  }
  return Number(value);
}

interface CentralRecord extends ZipEntry {
  readonly nameBytes: number;
}

/** Sizes and offset as the zip64 extra field gives them, in the order of the fields that are full. */
function widen(extra: DataView, fields: number[], where: string, source: ByteSource): number[] {
  if (!fields.includes(zip.max32)) return fields;
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const id = extra.getUint16(at, true);
    const end = at + 4 + extra.getUint16(at + 2, true);
    if (end > extra.byteLength) break;
    if (id === zip.zip64ExtraId) {
      let next = at + 4;
      return fields.map((field) => {
        if (field !== zip.max32) return field;
        if (next + 8 > end) throw new CheckpointError(where, "a zip64 field with all sizes", "a shorter one");
        next += 8;
        return readSize(extra, next - 8, source);
      });
    }
    at = end;
  }
  return fields;
}

function parseCentral(source: ByteSource, bytes: Uint8Array, at: number): { record: CentralRecord; next: number } {
  const broken = () => new CheckpointError(source.name, "whole directory records", "a broken one (damaged file?)");
  const data = view(bytes);
  if (at + zip.centralBytes > bytes.length || data.getUint32(at, true) !== zip.centralSignature) throw broken();
  const nameBytes = data.getUint16(at + 28, true);
  const extraAt = at + zip.centralBytes + nameBytes;
  const extraEnd = extraAt + data.getUint16(at + 30, true);
  const next = extraEnd + data.getUint16(at + 32, true);
  if (next > bytes.length) throw broken();
  const name = new TextDecoder().decode(bytes.subarray(at + zip.centralBytes, extraAt));
  const where = `${source.name}: record ${quote(name)}`;
  if (data.getUint16(at + 8, true) & 1) throw new CheckpointError(where, "plain data", "an encrypted record");
  const code = data.getUint16(at + 10, true);
  if (code !== 0 && code !== 8) throw new CheckpointError(where, "stored or deflated data", `method ${code}`);
  const fields = [24, 20, 42].map((field) => data.getUint32(at + field, true));
  const extra = view(bytes.subarray(extraAt, extraEnd));
  const [size, compressedSize, offset] = widen(extra, fields, where, source) as [number, number, number];
  const method = code === 0 ? "stored" : "deflated";
  if (method === "stored" && size !== compressedSize) {
    throw new CheckpointError(where, `${compressedSize} bytes, as many as are stored`, `a claim of ${size}`);
  }
  if (size > compressedSize * mostExpansion) {
    throw new CheckpointError(where, `what ${compressedSize} bytes can hold`, `a claim of ${size} bytes`);
  }
  return {
    record: { name, nameBytes, method, crc: data.getUint32(at + 16, true), size, compressedSize, offset },
    next,
  };
}

/** Replaces the header's offset by that of the data, after comparing the header with the directory. */
async function locate(source: ByteSource, record: CentralRecord): Promise<ZipEntry> {
  const { nameBytes, ...entry } = record;
  const where = `${source.name}: record ${quote(entry.name)}`;
  const bytes = await source.read(entry.offset, zip.localBytes + nameBytes);
  const header = view(bytes);
  const name = new TextDecoder().decode(bytes.subarray(zip.localBytes));
  const code = entry.method === "stored" ? 0 : 8;
  const agrees =
    header.getUint32(0, true) === zip.localSignature &&
    header.getUint16(8, true) === code &&
    header.getUint16(26, true) === nameBytes &&
    name === entry.name;
  if (!agrees) throw new CheckpointError(where, "a header like the directory's", "another (damaged file?)");
  const offset = entry.offset + bytes.length + header.getUint16(28, true);
  return { ...entry, offset };
}

/**
 * Reads the directory of a zip archive: every record by name, in the archive's order. Each lies inside the file,
 * before the directory, and shares no byte with another; names are unique.
 * @throws CheckpointError for anything else.
 */
export async function readZip(source: ByteSource): Promise<Map<string, ZipEntry>> {
  const directory = await findDirectory(source);
  const bytes = await source.read(directory.offset, directory.size);
  const entries = new Map<string, ZipEntry>();
  const spans: { start: number; end: number; name: string }[] = [];
  let at = 0;
  for (let i = 0; i < directory.count; i++) {
    const { record, next } = parseCentral(source, bytes, at);
    at = next;
    if (entries.has(record.name)) throw new CheckpointError(source.name, "unique records", `two ${quote(record.name)}`);
    const entry = await locate(source, record);
    spans.push({ start: record.offset, end: entry.offset + entry.compressedSize, name: entry.name });
    entries.set(entry.name, entry);
  }
  let free = 0;
  for (const { start, end, name } of spans.sort((a, b) => a.start - b.start)) {
    if (start < free || end > directory.offset) {
      const got = `${quote(name)} in bytes ${start}..${end}`;
      throw new CheckpointError(source.name, "records apart from each other and from the directory", got);
    }
    free = end;
  }
  return entries;
}

/** The platform's raw-deflate decoder, fed with a record's bytes as it asks for them. */
function inflated(source: ByteSource, entry: ZipEntry): ReadableStream<Uint8Array> {
  const chunks = readChunks(source, entry.offset, entry.compressedSize, 1 << 16);
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(new Uint8Array(value));
    },
  });
  return packed.pipeThrough(new DecompressionStream("deflate-raw"));
}

/**
 * A deflated record, piece by piece. Stops with an error as soon as more comes out than the directory says, so that
 * a small file cannot fill the memory; too little, or broken data, is an error too.
 */
export async function* inflateRaw(source: ByteSource, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const where = `${source.name}: record ${quote(entry.name)}`;
  const reader = inflated(source, entry).getReader();
  let total = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw new CheckpointError(where, "deflated data", reason(error), { cause: error });
      });
      if (done) break;
      total += value.length;
      if (total > entry.size) throw new CheckpointError(where, `${entry.size} bytes when inflated`, "more");
      yield value;
    }
    if (total !== entry.size) throw new CheckpointError(where, `${entry.size} bytes when inflated`, `${total}`);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function checkCrc(source: ByteSource, entry: ZipEntry, crc: number): void {
  if (entry.crc === undefined || crc === entry.crc) return;
  const hex = (value: number) => value.toString(16).padStart(8, "0");
  const where = `${source.name}: record ${quote(entry.name)}`;
  throw new CheckpointError(where, `CRC-32 ${hex(entry.crc)}`, `${hex(crc)} (damaged file)`);
}

/**
 * The whole record, its CRC-32 checked.
 * @param mostBytes refuses a larger record before reading it.
 */
export async function readEntry(source: ByteSource, entry: ZipEntry, mostBytes: number): Promise<Uint8Array> {
  if (entry.size > mostBytes) {
    const where = `${source.name}: record ${quote(entry.name)}`;
    throw new CheckpointError(where, `at most ${mostBytes} bytes`, `${entry.size}`);
  }
  if (entry.method === "stored") {
    const bytes = await source.read(entry.offset, entry.size);
    checkCrc(source, entry, crc32(bytes));
    return bytes;
  }
  const bytes = new Uint8Array(entry.size);
  let done = 0;
  for await (const chunk of inflateRaw(source, entry)) {
    bytes.set(chunk, done);
    done += chunk.length;
  }
  checkCrc(source, entry, crc32(bytes));
  return bytes;
}

/** A record piece by piece; after the last piece its CRC-32 is checked. */
export async function* entryChunks(source: ByteSource, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const chunks = entry.method === "stored" ? readChunks(source, entry.offset, entry.size) : inflateRaw(source, entry);
  let crc = 0;
  for await (const chunk of chunks) {
    crc = crc32(chunk, crc);
    yield chunk;
  }
  checkCrc(source, entry, crc);
}

/** Checks a record's CRC-32, where it has one, without holding it. */
export async function verifyEntry(source: ByteSource, entry: ZipEntry): Promise<void> {
  if (entry.crc === undefined) return;
  for await (const _ of entryChunks(source, entry));
}
