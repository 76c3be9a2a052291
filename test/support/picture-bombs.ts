/** Small files that are pictures by their first bytes and much work for who decodes them without looking. */
import { deflateSync, gzipSync } from "node:zlib";
import sharp from "sharp";
import { crc32 } from "../../src/checkpoint/index.ts";

const be32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer).swap32();
const le32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
const le24 = (value: number): Buffer => le32(value).subarray(0, 3);
const repeated = (count: number, part: Buffer): Buffer => Buffer.concat(Array<Buffer>(count).fill(part));

export const PNG_START = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

export function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  return Buffer.concat([be32(data.length), body, be32(crc32(body))]);
}

/** A grey PNG whose header claims a size, with other chunks before its pixels. */
export function greyPng(width: number, height: number, chunks: readonly Buffer[] = []): Buffer {
  const header = Buffer.concat([be32(width), be32(height), Buffer.of(8, 0, 0, 0, 0)]);
  const rows = deflateSync(Buffer.alloc(Math.min(height, 64) * (Math.min(width, 64) + 1)));
  const all = [pngChunk("IHDR", header), ...chunks, pngChunk("IDAT", rows), pngChunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([PNG_START, ...all]);
}

/** `count` compressed texts of `bytes` each: a sharp that reads them takes tenths of a second for every one. */
export function textBomb(type: "zTXt" | "iTXt", count: number, bytes: number): Buffer {
  const packed = deflateSync(Buffer.alloc(bytes, 32));
  const head = (i: number): string => (type === "zTXt" ? `key${i}\0\0` : `key${i}\0\x01\0\0\0`);
  const chunk = (i: number): Buffer => pngChunk(type, Buffer.concat([Buffer.from(head(i), "latin1"), packed]));
  return greyPng(
    8,
    8,
    Array.from({ length: count }, (_, i) => chunk(i)),
  );
}

export function gifOf(frames: number): Buffer {
  const head = Buffer.concat([Buffer.from("GIF89a"), Buffer.of(2, 0, 2, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255)]);
  const frame = Buffer.of(0x2c, 0, 0, 0, 0, 2, 0, 2, 0, 0, 2, 2, 0x44, 0x01, 0);
  return Buffer.concat([head, repeated(frames, frame), Buffer.of(0x3b)]);
}

export async function webpOf(frames: number): Promise<Buffer> {
  const create = { width: 2, height: 2, channels: 4, background: { r: 1, g: 2, b: 3, alpha: 0.5 } } as const;
  const still = await sharp({ create }).webp({ lossless: true }).toBuffer();
  const chunk = (type: string, data: Buffer): Buffer =>
    Buffer.concat([Buffer.from(type), le32(data.length), data, Buffer.alloc(data.length & 1)]);
  const place = Buffer.concat([le24(0), le24(0), le24(1), le24(1), le24(10), Buffer.of(0)]);
  const frame = chunk("ANMF", Buffer.concat([place, still.subarray(still.indexOf("VP8L"))]));
  const canvas = chunk("VP8X", Buffer.concat([Buffer.of(0x12, 0, 0, 0), le24(1), le24(1)]));
  const loop = chunk("ANIM", Buffer.alloc(6));
  const body = Buffer.concat([Buffer.from("WEBP"), canvas, loop, repeated(frames, frame)]);
  return Buffer.concat([Buffer.from("RIFF"), le32(body.length), body]);
}

/** An 8x8 grey TIFF of many pages; `circular`: the last leads back to the first. */
export function tiffOf(pages: number, circular = false): Buffer {
  const tags = [
    [256, 3, 8],
    [257, 3, 8],
    [258, 3, 8],
    [259, 3, 1],
    [262, 3, 1],
    [273, 4, 8],
    [277, 3, 1],
    [278, 3, 8],
    [279, 4, 64],
  ] as const;
  const size = 2 + tags.length * 12 + 4;
  const file = Buffer.alloc(72 + size * pages);
  file.write("II*\0", 0, "latin1");
  file.writeUInt32LE(72, 4);
  for (let page = 0; page < pages; page++) {
    const start = 72 + page * size;
    file.writeUInt16LE(tags.length, start);
    for (const [i, [tag, type, value]] of tags.entries()) {
      const at = start + 2 + 12 * i;
      file.writeUInt16LE(tag, at);
      file.writeUInt16LE(type, at + 2);
      file.writeUInt32LE(1, at + 4);
      file.writeUInt32LE(value, at + 8);
    }
    const isLast = page === pages - 1;
    file.writeUInt32LE(isLast ? (circular ? 72 : 0) : start + size, start + size - 4);
  }
  return file;
}

/** A progressive JPEG of zeros in 882 scans, each over all blocks: legal, a few bytes a scan, hours for a large one. */
export function jpegOfScans(width: number, height: number, before: Buffer = Buffer.alloc(0)): Buffer {
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const segment = (marker: number, ...data: readonly number[]): Buffer =>
    Buffer.of(0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255, ...data);
  const table = (kind: number, symbol: number): Buffer =>
    segment(0xc4, kind << 4, 1, ...Array<number>(15).fill(0), symbol);
  const scan = (k: number, high: number, low: number): Buffer =>
    Buffer.concat([
      segment(0xda, 1, 1, 0, k, k, (high << 4) | low),
      Buffer.alloc(Math.ceil(k === 0 ? blocks / 8 : (15 * Math.ceil(blocks / 16384)) / 8)),
    ]);
  const scans = Array.from({ length: 63 }, (_, k) =>
    Array.from({ length: 14 }, (_, i) => scan(k, i === 0 ? 0 : 14 - i, 13 - i)),
  );
  return Buffer.concat([
    Buffer.of(0xff, 0xd8),
    segment(0xdb, 0, ...Array<number>(64).fill(1)),
    before,
    segment(0xc2, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0),
    table(0, 0),
    table(1, 0xe0),
    ...scans.flat(),
    Buffer.of(0xff, 0xd9),
  ]);
}

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64"/></svg>';

/** What begins like none of the formats that are read: name, bytes, and how a refusal calls it. */
export const FOREIGN: readonly (readonly [name: string, bytes: Buffer, words: RegExp])[] = [
  ["an SVG", Buffer.from(SVG), /an SVG drawing/],
  ["an SVG with a byte-order mark", Buffer.from(`\ufeff${SVG}`), /an SVG drawing/],
  ["an SVG in UTF-16", Buffer.from(`\ufeff${SVG}`, "utf16le"), /an SVG drawing/],
  [
    "an SVG after spaces and a prologue",
    Buffer.from(`\n \t<?xml version="1.0"?><!-- ${"x".repeat(500)} -->${SVG}`),
    /SVG/,
  ],
  ["an SVG with a prefixed name", Buffer.from(SVG.replaceAll("svg ", "s:svg ")), /an SVG drawing/],
  ["an SVGZ", gzipSync(SVG), /a gzip archive \(perhaps a compressed SVG\)/],
  ["an SVG behind half a PNG signature", Buffer.concat([PNG_START.subarray(0, 4), Buffer.from(SVG)]), /an SVG drawing/],
  ["XML", Buffer.from("<?xml version='1.0'?><a/>"), /XML or HTML/],
  ["a PDF", Buffer.from("%PDF-1.7\n"), /a PDF document/],
  ["an ICO", Buffer.of(0, 0, 1, 0, 1, 0), /an ICO picture/],
  ["a BMP", Buffer.from("BM\x3a\0\0\0"), /a BMP picture/],
  ["a HEIC", Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1"), /a HEIC picture/],
  ["a HEIC by its compatible brands", Buffer.from("\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "latin1"), /a HEIC picture/],
  ["a video", Buffer.from("\0\0\0\x18ftypisom\0\0\0\0isommp42", "latin1"), /a video or raw photo/],
  ["a WAV", Buffer.from("RIFF\x24\0\0\0WAVEfmt ", "latin1"), /another format/],
  ["a JPEG XL", Buffer.of(0xff, 0x0a, 0, 0), /a JPEG XL picture/],
  ["a libvips picture", Buffer.of(0x08, 0xf2, 0xa6, 0xb6, 0, 0, 0, 0), /a libvips picture/],
  ["nothing", Buffer.alloc(0), /an empty file/],
  ["three bytes", Buffer.of(1, 2, 3), /another format/],
];
