import { crc32 } from "./crc32.ts";
import { CheckpointError, quote } from "./error.ts";
import type { ByteSink } from "./source.ts";
import * as zip from "./zip-format.ts";

/** Pieces of a record, in order. */
export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Writes stored (uncompressed) records one after the other. */
export interface ZipWriter {
  /**
   * Appends a record of exactly `size` bytes; its data begin at a multiple of `alignment`.
   * Only one chunk is held at a time. @throws CheckpointError when the chunks do not add up to `size`.
   */
  add(name: string, size: number, chunks: Chunks, alignment?: number): Promise<void>;
  /** Writes the directory. */
  finish(): Promise<void>;
}

interface Written {
  readonly name: Uint8Array;
  readonly size: number;
  readonly crc: number;
  readonly offset: number;
}

/** 1 January 1980: the first day zip knows. The same input gives the same file, byte for byte. */
const date = 0x21;
/** Version 4.5 of the format: zip64. */
const version = 45;
/** Extra field that pads a header, as PyTorch's own writer names it. */
const paddingId = 0x4246;

function record(
  bytes: number,
  fields: readonly (readonly [at: number, width: 2 | 4 | 8, value: number])[],
): Uint8Array {
  const data = new DataView(new ArrayBuffer(bytes));
  for (const [at, width, value] of fields) {
    if (width === 2) data.setUint16(at, value, true);
    else if (width === 4) data.setUint32(at, value, true);
    else data.setBigUint64(at, BigInt(value), true);
  }
  return new Uint8Array(data.buffer);
}

const isAscii = (name: Uint8Array) => name.every((byte) => byte < 128);
const nameFlag = (name: Uint8Array) => (isAscii(name) ? 0 : 1 << 11);
const cap = (value: number) => Math.min(value, zip.max32);

function localHeader(name: Uint8Array, size: number, position: number, alignment: number): Uint8Array {
  const wide = size >= zip.max32;
  const unpadded = zip.localBytes + name.length + (wide ? 20 : 0);
  const missing = (alignment - ((position + unpadded) % alignment)) % alignment;
  const padding =
    missing === 0 ? 0 : missing < 4 ? missing + Math.ceil((4 - missing) / alignment) * alignment : missing;
  const header = record(unpadded + padding, [
    [0, 4, zip.localSignature],
    [4, 2, version],
    [6, 2, nameFlag(name)],
    [12, 2, date],
    [18, 4, cap(size)],
    [22, 4, cap(size)],
    [26, 2, name.length],
    [28, 2, (wide ? 20 : 0) + padding],
  ]);
  header.set(name, zip.localBytes);
  let at = zip.localBytes + name.length;
  if (wide) {
    header.set(
      record(20, [
        [0, 2, zip.zip64ExtraId],
        [2, 2, 16],
        [4, 8, size],
        [12, 8, size],
      ]),
      at,
    );
    at += 20;
  }
  if (padding > 0) {
    header.set(
      record(padding, [
        [0, 2, paddingId],
        [2, 2, padding - 4],
      ]),
      at,
    );
  }
  return header;
}

function centralRecord({ name, size, crc, offset }: Written): Uint8Array {
  const wideValues = [...(size >= zip.max32 ? [size, size] : []), ...(offset >= zip.max32 ? [offset] : [])];
  const extraBytes = wideValues.length === 0 ? 0 : 4 + 8 * wideValues.length;
  const head = record(zip.centralBytes + name.length + extraBytes, [
    [0, 4, zip.centralSignature],
    [4, 2, version],
    [6, 2, version],
    [8, 2, nameFlag(name)],
    [14, 2, date],
    [16, 4, crc],
    [20, 4, cap(size)],
    [24, 4, cap(size)],
    [28, 2, name.length],
    [30, 2, extraBytes],
    [42, 4, cap(offset)],
  ]);
  head.set(name, zip.centralBytes);
  if (extraBytes > 0) {
    const extra = record(extraBytes, [
      [0, 2, zip.zip64ExtraId],
      [2, 2, extraBytes - 4],
      ...wideValues.map((value, i) => [4 + 8 * i, 8, value] as const),
    ]);
    head.set(extra, zip.centralBytes + name.length);
  }
  return head;
}

function endRecords(count: number, offset: number, end: number): Uint8Array[] {
  const size = end - offset;
  const wide = count >= zip.max16 || offset >= zip.max32 || size >= zip.max32;
  const plain = record(zip.endBytes, [
    [0, 4, zip.endSignature],
    [8, 2, Math.min(count, zip.max16)],
    [10, 2, Math.min(count, zip.max16)],
    [12, 4, cap(size)],
    [16, 4, cap(offset)],
  ]);
  if (!wide) return [plain];
  const end64 = record(zip.end64Bytes, [
    [0, 4, zip.end64Signature],
    [4, 8, zip.end64Bytes - 12],
    [12, 2, version],
    [14, 2, version],
    [24, 8, count],
    [32, 8, count],
    [40, 8, size],
    [48, 8, offset],
  ]);
  const locator = record(zip.end64LocatorBytes, [
    [0, 4, zip.end64LocatorSignature],
    [8, 8, end],
    [16, 4, 1],
  ]);
  return [end64, locator, plain];
}

/** A zip archive on a sink; zip64 where sizes, offsets or counts ask for it. */
export function zipWriter(sink: ByteSink, where: string): ZipWriter {
  const written: Written[] = [];
  const names = new Set<string>();
  return {
    async add(text, size, chunks, alignment = 64) {
      if (names.has(text)) throw new CheckpointError(where, "unique records", `two ${quote(text)}`);
      names.add(text);
      const name = new TextEncoder().encode(text);
      const offset = sink.position;
      await sink.write(localHeader(name, size, offset, alignment));
      let crc = 0;
      let total = 0;
      for await (const chunk of chunks) {
        total += chunk.byteLength;
        if (total > size) break;
        crc = crc32(chunk, crc);
        await sink.write(chunk);
      }
      if (total !== size) {
        const got = total > size ? "more" : `${total}`;
        throw new CheckpointError(`${where}: record ${quote(text)}`, `${size} bytes`, got);
      }
      await sink.patch(offset + 14, record(4, [[0, 4, crc]]));
      written.push({ name, size, crc, offset });
    },
    async finish() {
      const offset = sink.position;
      for (const entry of written) await sink.write(centralRecord(entry));
      for (const bytes of endRecords(written.length, offset, sink.position)) await sink.write(bytes);
    },
  };
}
