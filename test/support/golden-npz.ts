import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** One array of the golden data: float32 or int64, C order. */
export interface GoldenArray {
  readonly dtype: "float32" | "int64";
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/**
 * Reads an archive of test/fixtures/golden: uncompressed zip entries of float32 and int64 arrays, nothing else. Kept apart from
 * the package's own reader, so that tests of other parts do not stand on it.
 */
export async function goldenNpz(name: string): Promise<Map<string, GoldenArray>> {
  const bytes = await readFile(fileURLToPath(new URL(`../fixtures/golden/${name}`, import.meta.url)));
  const arrays = new Map<string, GoldenArray>();
  const end = bytes.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const nameLength = bytes.readUInt16LE(at + 28);
    const entry = bytes.toString("latin1", at + 46, at + 46 + nameLength);
    const local = bytes.readUInt32LE(at + 42);
    const begin = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    arrays.set(entry.replace(/\.npy$/, ""), readNpy(bytes.subarray(begin, begin + bytes.readUInt32LE(at + 24))));
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return arrays;
}

function readNpy(npy: Buffer): GoldenArray {
  const begin = 10 + npy.readUInt16LE(8);
  const header = npy.toString("latin1", 10, begin);
  const shape = [...(/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? "").matchAll(/\d+/g)].map((m) => Number(m[0]));
  const data = npy.buffer.slice(npy.byteOffset + begin, npy.byteOffset + npy.length);
  if (header.includes("'<f4'")) return { dtype: "float32", shape, data: new Float32Array(data) };
  if (header.includes("'<i8'")) return { dtype: "int64", shape, data: new BigInt64Array(data) };
  throw new Error(`golden array: expected float32 or int64, got ${header}`);
}

/** A float32 array by name. */
export function floats(arrays: Map<string, GoldenArray>, name: string): Float32Array {
  const data = arrays.get(name)?.data;
  if (!(data instanceof Float32Array)) throw new Error(`golden array ${name}: expected float32`);
  return data;
}

/** An int64 array by name, as numbers. */
export function integers(arrays: Map<string, GoldenArray>, name: string): number[] {
  const data = arrays.get(name)?.data;
  if (!(data instanceof BigInt64Array)) throw new Error(`golden array ${name}: expected int64`);
  return Array.from(data, Number);
}
