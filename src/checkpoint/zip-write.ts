import { concatArrays } from "../files/web.ts";
import { crc32 } from "./crc32.ts";
import { CheckpointError, quote } from "./error.ts";
import type { ByteSink } from "./source.ts";
import * as zip from "./zip-format.ts";

/** Pieces of a record, in order. */
export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

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

/** Little-endian numbers one behind the other; `widths` has a digit for each, its bytes. */
function pack(widths: string, ...values: readonly number[]): Uint8Array {
  const data = new DataView(new ArrayBuffer([...widths].reduce((sum, width) => sum + Number(width), 0)));
  let at = 0;
  values.forEach((value, i) => {
    const width = Number(widths[i]);
    if (width === 2) data.setUint16(at, value, true);
    else if (width === 4) data.setUint32(at, value, true);
    else data.setBigUint64(at, BigInt(value), true);
    at += width;
  });
  return new Uint8Array(data.buffer);
}

const isAscii = (name: Uint8Array) => name.every((byte) => byte < 128);
const nameFlag = (name: Uint8Array) => (isAscii(name) ? 0 : 1 << 11);
const cap = (value: number) => Math.min(value, zip.max32);

/** The extra field of what takes 64 bits; none where nothing does. */
const wideField = (values: readonly number[]): Uint8Array =>
  values.length === 0
    ? new Uint8Array(0)
    : pack(`22${"8".repeat(values.length)}`, zip.zip64ExtraId, 8 * values.length, ...values);

function localHeader(name: Uint8Array, size: number, position: number, alignment: number): Uint8Array {
  const wide = wideField(size >= zip.max32 ? [size, size] : []);
  const unpadded = zip.localBytes + name.length + wide.length;
  const missing = (alignment - ((position + unpadded) % alignment)) % alignment;
  const padding =
    missing === 0 ? 0 : missing < 4 ? missing + Math.ceil((4 - missing) / alignment) * alignment : missing;
  const extra = wide.length + padding;
  const [flag, length] = [nameFlag(name), cap(size)];
  return concatArrays(Uint8Array, [
    // Signature, version, flags, method, time, date, CRC-32 (patched in), sizes, lengths of name and extra fields.
    pack("42222244422", zip.localSignature, version, flag, 0, 0, date, 0, length, length, name.length, extra),
    name,
    wide,
    padding > 0 ? pack("22", paddingId, padding - 4) : [],
    new Uint8Array(Math.max(0, padding - 4)),
  ]);
}

function centralRecord({ name, size, crc, offset }: Written): Uint8Array {
  const wide = wideField([...(size >= zip.max32 ? [size, size] : []), ...(offset >= zip.max32 ? [offset] : [])]);
  const [flag, length] = [nameFlag(name), cap(size)];
  return concatArrays(Uint8Array, [
    // Signature, versions, flags, method, time, date, CRC-32, sizes, lengths of name and extra fields.
    pack("4222222444", zip.centralSignature, version, version, flag, 0, 0, date, crc, length, length),
    // Lengths of name, extra fields and comment; volume, attributes, offset.
    pack("2222244", name.length, wide.length, 0, 0, 0, 0, cap(offset)),
    name,
    wide,
  ]);
}

function endRecords(count: number, offset: number, end: number): Uint8Array[] {
  const size = end - offset;
  const isWide = count >= zip.max16 || offset >= zip.max32 || size >= zip.max32;
  const most = Math.min(count, zip.max16);
  const plain = pack("42222442", zip.endSignature, 0, 0, most, most, cap(size), cap(offset), 0);
  if (!isWide) return [plain];
  const rest = zip.end64Bytes - 12;
  return [
    pack("4822448888", zip.end64Signature, rest, version, version, 0, 0, count, count, size, offset),
    pack("4484", zip.end64LocatorSignature, 0, end, 1),
    plain,
  ];
}

/** Writes stored (uncompressed) records one after the other to a sink; zip64 where sizes, offsets or counts ask for it. */
export function zipWriter(sink: ByteSink, where: string) {
  const written: Written[] = [];
  const names = new Set<string>();
  return {
    /**
     * Appends a record of exactly `size` bytes; its data begin at a multiple of `alignment`.
     * Only one chunk is held at a time. @throws CheckpointError when the chunks do not add up to `size`.
     */
    async add(text: string, size: number, chunks: Chunks, alignment = 64): Promise<void> {
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
      await sink.patch(offset + 14, pack("4", crc));
      written.push({ name, size, crc, offset });
    },
    /** Writes the directory. */
    async finish(): Promise<void> {
      const offset = sink.position;
      for (const entry of written) await sink.write(centralRecord(entry));
      for (const bytes of endRecords(written.length, offset, sink.position)) await sink.write(bytes);
    },
  };
}
