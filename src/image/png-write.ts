import { zlibSync } from "fflate";
import { crc32 } from "../checkpoint/index.ts";
import { concatArrays } from "../files/web.ts";
import { channelsOf, type RgbaImage, type RgbImage } from "./pixels.ts";

export const PNG_SIGNATURE: readonly number[] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Text chunks of a file: keyword (1..79 Latin-1 characters) to text. */
export type PngText = Readonly<Record<string, string>>;

/**
 * Encodes an 8-bit RGB or RGBA PNG. The bytes are a function of the pixels and texts alone, in Node and in browsers: filters and the
 * order of chunks are fixed, there is no time chunk, and fflate compresses the same everywhere, which no zlib build promises.
 * @param text written before the pixels in the given order: tEXt where Latin-1 can hold it, else iTXt (UTF-8).
 * @throws RangeError for bytes of another size, or a keyword PNG does not allow.
 */
export function encodePng(image: RgbImage | RgbaImage, text: PngText = {}): Uint8Array {
  const channels = channelsOf(image);
  const { width, height } = image;
  if (width < 1 || height < 1) throw new RangeError(`PNG: expected sides of at least 1, got ${width}x${height}`);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, channels === 4 ? 6 : 2, 0, 0, 0], 8);
  return concatArrays(Uint8Array, [
    Uint8Array.from(PNG_SIGNATURE),
    pngChunk("IHDR", header),
    ...Object.entries(text).map(([keyword, value]) => pngTextChunk(keyword, value)),
    pngChunk("IDAT", zlibSync(filterRows(image, channels))),
    pngChunk("IEND", new Uint8Array(0)),
  ]);
}

export function pngChunk(type: string, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(body.length + 12);
  const view = new DataView(out.buffer);
  view.setUint32(0, body.length);
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i);
  out.set(body, 8);
  view.setUint32(body.length + 8, crc32(out.subarray(4, body.length + 8)));
  return out;
}

export function pngTextChunk(keyword: string, text: string): Uint8Array {
  if (!/^[\x21-\x7e\xa1-\xff](?:[\x20-\x7e\xa1-\xff]{0,77}[\x21-\x7e\xa1-\xff])?$/.test(keyword)) {
    throw new RangeError(`PNG: expected a keyword of 1 to 79 Latin-1 characters, got "${keyword}"`);
  }
  if (text.includes("\0")) throw new RangeError(`PNG: expected text without NUL under "${keyword}"`);
  if (/^[\n\x20-\x7e\xa0-\xff]*$/.test(text)) return pngChunk("tEXt", latin1(`${keyword}\0${text}`));
  // After the keyword: not compressed, method 0, no language tag, no translated keyword.
  return pngChunk("iTXt", concatArrays(Uint8Array, [latin1(`${keyword}\0\0\0\0\0`), new TextEncoder().encode(text)]));
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/**
 * Filtered scanlines, each with its filter type in front: per row the one of PNG's five whose bytes, taken as signed, have
 * the least sum of magnitudes (the specification's advice); the lowest type among equals.
 */
function filterRows({ data, width, height }: RgbImage | RgbaImage, channels: number): Uint8Array {
  const stride = width * channels;
  const out = new Uint8Array(height * (stride + 1));
  const trial = new Uint8Array(stride);
  const above = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * stride, (y + 1) * stride);
    if (y > 0) above.set(data.subarray((y - 1) * stride, y * stride));
    let least = Number.POSITIVE_INFINITY;
    for (let type = 0; type < 5; type++) {
      const cost = applyFilter(type, row, above, trial, channels);
      if (cost >= least) continue;
      least = cost;
      out[y * (stride + 1)] = type;
      out.set(trial, y * (stride + 1) + 1);
    }
  }
  return out;
}

/** Writes one filtered row; returns the sum of magnitudes of its signed bytes. */
function applyFilter(type: number, row: Uint8Array, above: Uint8Array, out: Uint8Array, channels: number): number {
  let cost = 0;
  for (let i = 0; i < row.length; i++) {
    const left = i < channels ? 0 : row[i - channels]!;
    const up = above[i]!;
    let predicted = 0;
    if (type === 1) predicted = left;
    else if (type === 2) predicted = up;
    else if (type === 3) predicted = (left + up) >> 1;
    else if (type === 4) predicted = paeth(left, up, i < channels ? 0 : above[i - channels]!);
    const byte = (row[i]! - predicted) & 255;
    out[i] = byte;
    cost += byte < 128 ? byte : 256 - byte;
  }
  return cost;
}

/** The neighbour nearest to left + up − corner (PNG specification, 9.4). */
function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const toLeft = Math.abs(estimate - left);
  const toUp = Math.abs(estimate - up);
  const toCorner = Math.abs(estimate - corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
