// Reading IDX files (the MNIST family), plain or gzipped.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/**
 * @param {string} folder
 * @param {string} name without ".gz"; either form is found
 * @returns {{ shape: number[], data: Uint8Array }} unsigned bytes, row-major
 */
export function readIdx(folder, name) {
  const plain = join(folder, name);
  const path = [plain, `${plain}.gz`].find((candidate) => existsSync(candidate));
  if (!path) throw new Error(`fashion: expected ${name} or ${name}.gz in ${folder}`);
  const bytes = readFileSync(path);
  return parseIdx(bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes, name);
}

/**
 * Two zero bytes, the type (8 = unsigned byte), the number of dimensions, the dimensions (big-endian), the values.
 * @param {Uint8Array} bytes
 * @param {string} name for the error
 */
export function parseIdx(bytes, name) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rank = bytes[3] ?? 0;
  if (bytes.length < 4 + 4 * rank || view.getUint16(0) !== 0 || bytes[2] !== 8) {
    throw new Error(`${name}: expected an IDX file of unsigned bytes, got a header of another kind`);
  }
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const count = shape.reduce((a, b) => a * b, 1);
  const data = bytes.subarray(4 + 4 * rank);
  if (data.length !== count) throw new Error(`${name}: expected ${count} values, got ${data.length}`);
  return { shape, data };
}
