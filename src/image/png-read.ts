import { crc32 } from "../checkpoint/index.ts";
import { zlibInflate } from "./inflate.ts";
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

/** True where the bytes begin as a PNG file does. */
function isPng(bytes: Uint8Array): boolean {
  return PNG_SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * Text chunks of a PNG file, before and after its pixels: keyword to text, the first of each keyword. Reads tEXt, zTXt and iTXt,
 * compressed or not (PNG specification, 11.3.3); chunks with a wrong checksum and malformed texts are passed over. Reading stops at
 * IEND, at the end of the bytes or at a chunk that claims to be longer than the file; no size in the file is ever allocated.
 * @throws RangeError when the bytes are no PNG file.
 */
export function readPngText(bytes: Uint8Array, limits: PngTextLimits = {}): Map<string, string> {
  if (!isPng(bytes)) throw new RangeError("PNG: expected a file that begins with the PNG signature");
  const { maxChunks = 65536, maxTextBytes = 1 << 20, maxUnpackedBytes = 1 << 22 } = limits;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts = new Map<string, string>();
  let room = maxUnpackedBytes;
  let at = PNG_SIGNATURE.length;
  for (let seen = 0; seen < maxChunks && at + 12 <= bytes.length; seen++) {
    const length = view.getUint32(at);
    const end = at + 8 + length;
    if (end + 4 > bytes.length) break;
    const type = latin1(bytes.subarray(at + 4, at + 8));
    if (type === "IEND") break;
    const body = bytes.subarray(at + 8, end);
    const place = length <= maxTextBytes ? placeOf(type, body) : undefined;
    if (
      place !== undefined &&
      !texts.has(place.keyword) &&
      crc32(bytes.subarray(at + 4, end)) === view.getUint32(end)
    ) {
      const text = textOf(body, place, Math.min(maxTextBytes, room));
      if (text !== undefined) texts.set(place.keyword, text);
      if (place.isPacked) room -= text?.length ?? Math.min(maxTextBytes, room);
    }
    at = end + 4;
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
