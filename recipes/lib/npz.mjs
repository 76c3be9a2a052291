// Writing NumPy's .npz: a zip of .npy arrays.

import { createWriteStream } from "node:fs";
import { rename } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import yazl from "yazl";

/** @typedef {{ shape: number[], data: Uint8Array | BigInt64Array }} NpyArray */

/** One array in NumPy's format, version 1.0, little-endian. @param {NpyArray} array */
function npy({ shape, data }) {
  const descr = data instanceof BigInt64Array ? "<i8" : "|u1";
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${dims}), }`;
  const padded = `${header.padEnd(Math.ceil((10 + header.length + 1) / 64) * 64 - 11)}\n`;
  const prefix = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 255, padded.length >> 8]);
  return Buffer.concat([
    prefix,
    Buffer.from(padded, "latin1"),
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  ]);
}

/** Writes the arrays to a file that appears whole or not at all. @param {string} path @param {Record<string, NpyArray>} arrays */
export async function writeNpz(path, arrays) {
  const zip = new yazl.ZipFile();
  const mtime = new Date(1980, 0, 1);
  for (const [name, array] of Object.entries(arrays)) {
    zip.addBuffer(npy(array), `${name}.npy`, { mtime, compress: true, compressionLevel: 6 });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(`${path}.part`));
  await rename(`${path}.part`, path);
}
