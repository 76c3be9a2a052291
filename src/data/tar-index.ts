import type { FileHandle } from "node:fs/promises";
import { DatasetError } from "./dataset.ts";

/** A file inside a tar archive. */
export interface TarMember {
  readonly name: string;
  /** Where its bytes begin in the archive. */
  readonly offset: number;
  readonly size: number;
}

const BLOCK = 512;
/** Header lists longer than this are no names. */
const LARGEST_HEADER = 1 << 20;

/**
 * Lists the plain files of an uncompressed tar archive (ustar, GNU long names, pax paths and sizes) by hopping from
 * header to header, so that members can be read in any order afterwards. Format: POSIX.1-2017, pax, "ustar Interchange
 * Format".
 * @throws DatasetError when a header's checksum is wrong, or the archive ends before its end mark, a block of zeros: one
 * that was cut short would pass for a smaller one otherwise
 */
export async function indexTar(file: FileHandle, path: string): Promise<TarMember[]> {
  const { size: end } = await file.stat();
  const members: TarMember[] = [];
  const header = Buffer.alloc(BLOCK);
  let longName: string | undefined;
  let pax: ReadonlyMap<string, string> = new Map();
  for (let at = 0; ; ) {
    if (at + BLOCK > end) throw cutShort(path, at, end);
    await file.read(header, 0, BLOCK, at);
    if (header.every((byte) => byte === 0)) break;
    checkSum(header, path, at);
    const type = String.fromCharCode(header[156]!);
    const size = Number(pax.get("size") ?? numberField(header, 124, 12));
    const offset = at + BLOCK;
    if (!Number.isSafeInteger(size) || size < 0 || offset + size > end) {
      throw new DatasetError(
        path,
        `${size} bytes of a member at ${offset}`,
        `the end of the archive after ${end - offset}; fetch it again, it is cut short`,
      );
    }
    if (type === "x" || type === "L" || type === "g") {
      if (size > LARGEST_HEADER) throw new DatasetError(path, `a short extended header at ${at}`, size);
      const body = Buffer.alloc(size);
      await file.read(body, 0, size, offset);
      if (type === "x") pax = paxRecords(body);
      else if (type === "L") longName = textField(body, 0, size);
    } else {
      const name = pax.get("path") ?? longName ?? ustarName(header);
      if (type === "0" || type === "\0" || type === "7") members.push({ name, offset, size });
      longName = undefined;
      pax = new Map();
    }
    at = offset + Math.ceil(size / BLOCK) * BLOCK;
  }
  return members;
}

/** What is wrong with an archive that ends where a header or the end mark should be. */
function cutShort(path: string, at: number, end: number): DatasetError {
  const got = at < end ? `${end - at} bytes` : `the end of the archive at ${end}`;
  const expected = `a member or the end mark (${BLOCK} bytes) at ${at}`;
  return new DatasetError(path, expected, `${got}; fetch it again, it is cut short`);
}

function textField(bytes: Buffer, begin: number, length: number): string {
  const field = bytes.subarray(begin, begin + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? length : end);
}

/** Octal digits, or GNU's big-endian binary when the top bit is set. */
function numberField(bytes: Buffer, begin: number, length: number): number {
  if (bytes[begin]! & 0x80) {
    let value = bytes[begin]! & 0x7f;
    for (let i = 1; i < length; i++) value = value * 256 + bytes[begin + i]!;
    return value;
  }
  return Number.parseInt(textField(bytes, begin, length).trim() || "0", 8);
}

function ustarName(header: Buffer): string {
  const prefix = header.toString("latin1", 257, 262) === "ustar" ? textField(header, 345, 155) : "";
  const name = textField(header, 0, 100);
  return prefix ? `${prefix}/${name}` : name;
}

/** The header's byte sum with the checksum field read as spaces. */
function checkSum(header: Buffer, path: string, at: number): void {
  let sum = 8 * 32;
  for (const [i, byte] of header.entries()) if (i < 148 || i >= 156) sum += byte;
  const stored = numberField(header, 148, 8);
  if (sum !== stored) throw new DatasetError(path, `a tar header at ${at} (checksum ${sum})`, stored);
}

/** Records "length key=value\n" of a pax extended header. */
function paxRecords(body: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(32, at);
    const length = Number(body.toString("latin1", at, space));
    if (space < 0 || !(length > 0)) break;
    const record = body.toString("utf8", space + 1, at + length - 1);
    const equals = record.indexOf("=");
    if (equals > 0) records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}
