/**
 * Bounds on what a file is made of, read off its structure before a decoder opens it: decoders take time that grows with the
 * square of an animation's frames (WebP), with pages (TIFF), with scans times pixels (progressive JPEG) and with what compressed
 * texts hold (PNG), for files of a few kilobytes. Every walk here is linear in the file and allocates nothing by its claims.
 */
import type { PictureFormat } from "./format.ts";
import { pngChunks } from "./png-read.ts";

/** Most frames of an animation and pages of a document; the first is what is decoded. */
const MAX_FRAMES = 1000;
/** Most scans of a progressive JPEG; encoders write about ten. */
const MAX_SCANS = 100;

/** A file with more parts than are read: what, and how many at most. */
export interface TooMany {
  readonly what: "frames" | "pages" | "scans";
  readonly most: number;
}

/** What a file has too many of, if anything. */
export function excessOf(bytes: Uint8Array, format: PictureFormat): TooMany | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (format) {
    case "PNG":
      return apngFrames(bytes, view) > MAX_FRAMES ? { what: "frames", most: MAX_FRAMES } : undefined;
    case "GIF":
      return gifFrames(bytes) > MAX_FRAMES ? { what: "frames", most: MAX_FRAMES } : undefined;
    case "WebP":
      return webpFrames(view) > MAX_FRAMES ? { what: "frames", most: MAX_FRAMES } : undefined;
    case "TIFF":
      return tiffPages(view) > MAX_FRAMES ? { what: "pages", most: MAX_FRAMES } : undefined;
    case "JPEG":
      return jpegScans(bytes) > MAX_SCANS ? { what: "scans", most: MAX_SCANS } : undefined;
    case "AVIF":
      // The decoder's own bounds on boxes and items hold, and it opens the primary picture alone.
      return undefined;
    default:
      return format satisfies never;
  }
}

const TEXTS = ["tEXt", "zTXt", "iTXt"];

function apngFrames(bytes: Uint8Array, view: DataView): number {
  for (const { type, begin, end } of pngChunks(bytes)) {
    if (type === "IDAT") return 1;
    if (type === "acTL" && end - begin >= 16) return view.getUint32(begin + 8);
  }
  return 1;
}

/** A PNG without its texts, which say nothing of the pixels and may unpack to gigabytes; the very bytes where it has none. */
export function withoutTexts(bytes: Uint8Array): Uint8Array {
  const kept: Uint8Array[] = [];
  let from = 0;
  for (const { type, begin, end } of pngChunks(bytes)) {
    if (!TEXTS.includes(type)) continue;
    if (begin > from) kept.push(bytes.subarray(from, begin));
    from = end;
  }
  return from === 0 ? bytes : Buffer.concat([...kept, bytes.subarray(from)]);
}

/** Frames up to one more than the bound. */
function gifFrames(bytes: Uint8Array): number {
  const tableSize = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  const afterBlocks = (from: number): number => {
    let at = from;
    while (at < bytes.length && bytes[at] !== 0) at += bytes[at]! + 1;
    return at + 1;
  };
  let frames = 0;
  for (let at = 13 + tableSize(bytes[10] ?? 0); at < bytes.length && frames <= MAX_FRAMES; ) {
    if (bytes[at] === 0x21) at = afterBlocks(at + 2);
    else if (bytes[at] === 0x2c) {
      frames++;
      at = afterBlocks(at + 11 + tableSize(bytes[at + 9] ?? 0));
    } else break;
  }
  return frames;
}

/** The four characters "ANMF". */
const ANMF = 0x414e4d46;

function webpFrames(view: DataView): number {
  let frames = 0;
  for (let at = 12; at + 8 <= view.byteLength && frames <= MAX_FRAMES; ) {
    if (view.getUint32(at) === ANMF) frames++;
    const size = view.getUint32(at + 4, true);
    at += 8 + size + (size & 1);
  }
  return frames;
}

/** Pages along the chain of directories; a chain that runs in a circle has too many. */
function tiffPages(view: DataView): number {
  const isLittle = view.getUint8(0) === 0x49;
  const isBig = view.getUint8(isLittle ? 2 : 3) === 0x2b;
  const [count, entry, offset] = isBig ? [8, 20, 8] : [2, 12, 4];
  const read = (at: number, size: number): number => {
    if (at + size > view.byteLength) return 0;
    if (size === 2) return view.getUint16(at, isLittle);
    return size === 4 ? view.getUint32(at, isLittle) : Number(view.getBigUint64(at, isLittle));
  };
  let pages = 0;
  for (let at = read(isBig ? 8 : 4, offset); at !== 0 && pages <= MAX_FRAMES; pages++)
    at = read(at + count + entry * read(at, count), offset);
  return pages;
}

/** Scans of a progressive JPEG, up to one more than the bound; 1 for others, whose cost is linear in their bytes. */
function jpegScans(bytes: Uint8Array): number {
  let isProgressive = false;
  let scans = 0;
  for (let at = 2; scans <= MAX_SCANS; ) {
    at = markerAfter(bytes, at);
    const marker = bytes[at + 1];
    if (marker === undefined || marker === 0xd9) break;
    if (PROGRESSIVE.includes(marker)) isProgressive = true;
    if (marker === 0xda) {
      if (!isProgressive) return 1;
      scans++;
    }
    // A length of two bytes with itself in it follows; what is between segments, as the data of a scan, is passed over.
    at += marker === 0xd8 || marker === 0x01 ? 2 : 2 + Math.max(2, bytes[at + 2]! * 256 + bytes[at + 3]!);
  }
  return scans;
}

/** Start-of-frame markers of progressive modes. */
const PROGRESSIVE = [0xc2, 0xc6, 0xca, 0xce];

/** The next marker that is not stuffing (0), fill (0xff) or a restart within a scan's data. */
function markerAfter(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] !== 0xff) continue;
    const next = bytes[at + 1]!;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return bytes.length;
}
