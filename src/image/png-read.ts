import { Unzlib } from "fflate";
import { crc32 } from "../checkpoint/index.ts";
import { FileError } from "../errors/index.ts";
import { concatArrays } from "../files/web.ts";
import { PNG_SIGNATURE } from "./png-write.ts";

/** Bounds on what is read out of a file that anyone may have written. */
export interface PngTextLimits {
  /** Chunks looked at before giving up. */
  readonly maxChunks?: number;
  /** Bytes of one text, packed and unpacked; longer ones are passed over. */
  readonly maxTextBytes?: number;
  /** Bytes that compressed texts may unpack to in all; those beyond are passed over. */
  readonly maxUnpackedBytes?: number;
}

/** The chunks of a PNG: type, and where the chunk lies. Ends at one that claims to be longer than the file. */
export function* pngChunks(bytes: Uint8Array): Generator<{ type: string; begin: number; end: number }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let begin = PNG_SIGNATURE.length; begin + 12 <= bytes.length; ) {
    const end = begin + 12 + view.getUint32(begin);
    if (end > bytes.length) return;
    yield { type: latin1(bytes.subarray(begin + 4, begin + 8)), begin, end };
    begin = end;
  }
}

/**
 * Text chunks of a PNG file, before and after its pixels: keyword to text, the first of each keyword. Reads tEXt, zTXt and iTXt,
 * compressed or not (PNG specification, 11.3.3); chunks with a wrong checksum and malformed texts are passed over. Reading stops at
 * IEND, at the end of the bytes or at a chunk that claims to be longer than the file; no size in the file is ever allocated.
 * @throws RangeError when the bytes are no PNG file.
 */
export function readPngText(bytes: Uint8Array, limits: PngTextLimits = {}): Map<string, string> {
  if (!PNG_SIGNATURE.every((byte, i) => bytes[i] === byte))
    throw new FileError("PNG", "a file that begins with the PNG signature");
  const { maxChunks = 65536, maxTextBytes = 1 << 20, maxUnpackedBytes = 1 << 22 } = limits;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts = new Map<string, string>();
  let [seen, room] = [0, maxUnpackedBytes];
  for (const { type, begin, end } of pngChunks(bytes)) {
    if (seen++ === maxChunks || type === "IEND") break;
    const body = bytes.subarray(begin + 8, end - 4);
    const place = body.length <= maxTextBytes ? placeOf(type, body) : undefined;
    if (place === undefined || texts.has(place.keyword)) continue;
    if (crc32(bytes.subarray(begin + 4, end - 4)) !== view.getUint32(end - 4)) continue;
    const text = textOf(body, place, Math.min(maxTextBytes, room));
    if (text !== undefined) texts.set(place.keyword, text);
    if (place.isPacked) room -= text?.length ?? Math.min(maxTextBytes, room);
  }
  return texts;
}

/** Where a chunk's text is, and how it is written. */
interface TextPlace {
  readonly keyword: string;
  readonly begin: number;
  readonly isPacked: boolean;
  readonly isUtf8: boolean;
}

/** The place of the text in a chunk; undefined for other chunks and malformed ones. */
function placeOf(type: string, body: Uint8Array): TextPlace | undefined {
  if (type !== "tEXt" && type !== "zTXt" && type !== "iTXt") return undefined;
  const split = body.subarray(0, 80).indexOf(0);
  if (split < 1) return undefined;
  const keyword = latin1(body.subarray(0, split));
  if (type === "tEXt") return { keyword, begin: split + 1, isPacked: false, isUtf8: false };
  // The one compression method that there is: 0, zlib.
  if (type === "zTXt")
    return body[split + 1] === 0 ? { keyword, begin: split + 2, isPacked: true, isUtf8: false } : undefined;
  const [flag, method] = [body[split + 1], body[split + 2]];
  if (flag !== 0 && !(flag === 1 && method === 0)) return undefined;
  // A language tag and a translated keyword, each ended by a zero.
  const language = body.indexOf(0, split + 3);
  const translated = language < 0 ? -1 : body.indexOf(0, language + 1);
  if (translated < 0) return undefined;
  return { keyword, begin: translated + 1, isPacked: flag === 1, isUtf8: true };
}

function textOf(body: Uint8Array, { begin, isPacked, isUtf8 }: TextPlace, mostBytes: number): string | undefined {
  const rest = body.subarray(begin);
  const bytes = isPacked ? zlibInflate(rest, mostBytes) : rest;
  if (bytes === undefined) return undefined;
  if (!isUtf8) return latin1(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return text;
}

/** Compressed bytes handed over at a time: they unpack to a megabyte at most. */
const STEP = 1024;

/** Unpacks a zlib stream (RFC 1950); undefined for broken data, and as soon as more comes out than is allowed. */
function zlibInflate(packed: Uint8Array, mostBytes: number): Uint8Array | undefined {
  const pieces: Uint8Array[] = [];
  let total = 0;
  let isWhole = false;
  const stream = new Unzlib((piece, isLast) => {
    pieces.push(piece);
    total += piece.length;
    isWhole ||= isLast;
  });
  try {
    for (let at = 0; at < packed.length && total <= mostBytes; at += STEP)
      stream.push(packed.subarray(at, at + STEP), at + STEP >= packed.length);
  } catch {
    return undefined;
  }
  return isWhole && total <= mostBytes ? concatArrays(Uint8Array, pieces) : undefined;
}
