import { crc32 } from "../checkpoint/index.ts";
import { PNG_SIGNATURE } from "./png-write.ts";

/** Bounds on what is read out of a file that anyone may have written. */
export interface PngTextLimits {
  /** Chunks looked at before giving up. */
  readonly maxChunks?: number;
  /** Bytes of one text chunk; longer ones are passed over. */
  readonly maxTextBytes?: number;
}

/** True where the bytes begin as a PNG file does. */
export function isPng(bytes: Uint8Array): boolean {
  return PNG_SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * Text chunks of a PNG file: keyword to text, the first of each keyword. Reads tEXt and uncompressed iTXt; compressed texts,
 * chunks with a wrong checksum and malformed texts are passed over. Reading stops at IEND, at the end of the bytes or
 * at a chunk that claims to be longer than the file; no size in the file is ever allocated.
 * @throws RangeError when the bytes are no PNG file.
 */
export function readPngText(bytes: Uint8Array, limits: PngTextLimits = {}): Map<string, string> {
  if (!isPng(bytes)) throw new RangeError("PNG: expected a file that begins with the PNG signature");
  const { maxChunks = 65536, maxTextBytes = 1 << 20 } = limits;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts = new Map<string, string>();
  let at = PNG_SIGNATURE.length;
  for (let seen = 0; seen < maxChunks && at + 12 <= bytes.length; seen++) {
    const length = view.getUint32(at);
    const end = at + 8 + length;
    if (end + 4 > bytes.length) break;
    const type = latin1(bytes.subarray(at + 4, at + 8));
    if (type === "IEND") break;
    if ((type === "tEXt" || type === "iTXt") && length <= maxTextBytes) {
      const whole = crc32(bytes.subarray(at + 4, end)) === view.getUint32(end);
      const entry = whole ? readText(type, bytes.subarray(at + 8, end)) : undefined;
      if (entry && !texts.has(entry[0])) texts.set(...entry);
    }
    at = end + 4;
  }
  return texts;
}

function readText(type: "tEXt" | "iTXt", body: Uint8Array): [keyword: string, text: string] | undefined {
  const split = body.indexOf(0);
  if (split < 1 || split > 79) return undefined;
  const keyword = latin1(body.subarray(0, split));
  if (type === "tEXt") return [keyword, latin1(body.subarray(split + 1))];
  if (body[split + 1] !== 0) return undefined;
  const language = body.indexOf(0, split + 3);
  const translated = language < 0 ? -1 : body.indexOf(0, language + 1);
  if (translated < 0) return undefined;
  try {
    return [keyword, new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body.subarray(translated + 1))];
  } catch {
    return undefined;
  }
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return text;
}
