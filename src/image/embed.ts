/** What a picture file says beside its pixels (colour profile, EXIF, XMP, texts), put into a file that an encoder has written. */
import { zlibSync } from "fflate";
import { concatArrays } from "../files/web.ts";
import { type PngText, pngChunk, pngTextChunk } from "./png-write.ts";

/** What goes into a file. */
export interface FileExtras {
  /** ICC profile, as it is. */
  readonly icc?: Uint8Array | undefined;
  /** TIFF structure, without a mark in front. */
  readonly exif?: Uint8Array | undefined;
  /** XMP packet, UTF-8. */
  readonly xmp?: Uint8Array | undefined;
  /** Text chunks; PNG alone has a place for them. */
  readonly text?: PngText | undefined;
}

/** Formats that pictures are written in. */
export const OUTPUT_FORMATS = ["png", "jpeg", "webp"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** A whole file of a format, with what it says beside its pixels. What a format cannot hold is left out: texts of JPEG and WebP, EXIF or XMP of over 64 kB in JPEG. */
export function withExtras(file: Uint8Array, format: OutputFormat, extras: FileExtras): Uint8Array {
  switch (format) {
    case "png":
      return pngWith(file, extras);
    case "jpeg":
      return jpegWith(file, extras);
    case "webp":
      return webpWith(file, extras);
    default:
      return format satisfies never;
  }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const join = (parts: readonly Uint8Array[]): Uint8Array => concatArrays(Uint8Array, [...parts]);

/** Signature and IHDR: what comes before everything else. */
const PNG_HEAD = 33;

function pngWith(file: Uint8Array, { icc, exif, xmp, text = {} }: FileExtras): Uint8Array {
  const chunks = [
    ...(icc === undefined ? [] : [pngChunk("iCCP", join([encode("ICC profile\0\0"), zlibSync(icc)]))]),
    ...(exif === undefined ? [] : [pngChunk("eXIf", exif)]),
    ...(xmp === undefined ? [] : [pngChunk("iTXt", join([encode("XML:com.adobe.xmp\0\0\0\0\0"), xmp]))]),
    ...Object.entries(text).map(([keyword, value]) => pngTextChunk(keyword, value)),
  ];
  return join([file.subarray(0, PNG_HEAD), ...chunks, file.subarray(PNG_HEAD)]);
}

/** Most bytes after a segment's length, which counts itself. */
const MOST_SEGMENT = 0xffff - 2;
const ICC_MARK = "ICC_PROFILE\0";

function jpegWith(file: Uint8Array, { icc, exif, xmp }: FileExtras): Uint8Array {
  // After the start and the encoder's own JFIF segment.
  const head = file[3] === 0xe0 ? 4 + file[4]! * 256 + file[5]! : 2;
  const segments: Uint8Array[] = [];
  const add = (marker: number, mark: string, body: Uint8Array, more: readonly number[] = []): void => {
    const payload = join([encode(mark), Uint8Array.from(more), body]);
    if (payload.length > MOST_SEGMENT) return;
    const length = payload.length + 2;
    segments.push(Uint8Array.of(0xff, marker, length >> 8, length & 255), payload);
  };
  if (exif !== undefined) add(0xe1, "Exif\0\0", exif);
  if (xmp !== undefined) add(0xe1, "http://ns.adobe.com/xap/1.0/\0", xmp);
  if (icc !== undefined) {
    const most = MOST_SEGMENT - ICC_MARK.length - 2;
    const count = Math.ceil(icc.length / most);
    // A profile has at most 255 parts (ICC.1, annex B.4).
    if (count <= 255)
      for (let i = 0; i < count; i++) add(0xe2, ICC_MARK, icc.subarray(i * most, (i + 1) * most), [i + 1, count]);
  }
  return join([file.subarray(0, head), ...segments, file.subarray(head)]);
}

/** Flags of a WebP file's VP8X chunk. */
const [WEBP_ICC, WEBP_ALPHA, WEBP_EXIF, WEBP_XMP] = [0x20, 0x10, 0x08, 0x04];

function webpWith(file: Uint8Array, { icc, exif, xmp }: FileExtras): Uint8Array {
  if (icc === undefined && exif === undefined && xmp === undefined) return file;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const chunks: { readonly name: string; readonly body: Uint8Array }[] = [];
  for (let at = 12; at + 8 <= file.length; ) {
    const length = view.getUint32(at + 4, true);
    const name = String.fromCharCode(...file.subarray(at, at + 4));
    chunks.push({ name, body: file.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length % 2);
  }
  const [flags, width, height] = webpHead(chunks);
  const more = (icc ? WEBP_ICC : 0) | (exif ? WEBP_EXIF : 0) | (xmp ? WEBP_XMP : 0);
  const head = new Uint8Array(10);
  head[0] = flags | more;
  for (let i = 0; i < 3; i++) {
    head[4 + i] = ((width - 1) >> (8 * i)) & 255;
    head[7 + i] = ((height - 1) >> (8 * i)) & 255;
  }
  const pixels = chunks.filter(({ name }) => !["VP8X", "ICCP", "EXIF", "XMP "].includes(name));
  const body = join([
    encode("WEBP"),
    riffChunk("VP8X", head),
    ...(icc ? [riffChunk("ICCP", icc)] : []),
    ...pixels.map((chunk) => riffChunk(chunk.name, chunk.body)),
    ...(exif ? [riffChunk("EXIF", exif)] : []),
    ...(xmp ? [riffChunk("XMP ", xmp)] : []),
  ]);
  return riffChunk("RIFF", body);
}

/** Flags, width and height of a file, from its header chunk or its pixels' own head (RFC 9649, 2.5 to 2.7). */
function webpHead(
  chunks: readonly { readonly name: string; readonly body: Uint8Array }[],
): readonly [flags: number, width: number, height: number] {
  const body = (name: string): Uint8Array | undefined => chunks.find((chunk) => chunk.name === name)?.body;
  const extended = body("VP8X");
  if (extended !== undefined) {
    const side = (at: number): number => 1 + extended[at]! + 256 * extended[at + 1]! + 65536 * extended[at + 2]!;
    return [extended[0]! & WEBP_ALPHA, side(4), side(7)];
  }
  const lossless = body("VP8L");
  if (lossless !== undefined) {
    const bits = new DataView(lossless.buffer, lossless.byteOffset).getUint32(1, true);
    return [(bits >>> 28) & 1 ? WEBP_ALPHA : 0, 1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff)];
  }
  const lossy = body("VP8 ")!;
  return [0, (lossy[6]! + 256 * lossy[7]!) & 0x3fff, (lossy[8]! + 256 * lossy[9]!) & 0x3fff];
}

function riffChunk(name: string, body: Uint8Array): Uint8Array {
  const head = new Uint8Array(8);
  head.set(encode(name));
  new DataView(head.buffer).setUint32(4, body.length, true);
  return join([head, body, new Uint8Array(body.length % 2)]);
}
