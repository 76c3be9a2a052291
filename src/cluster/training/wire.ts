/** Arrays on the wire: safetensors files with JSON beside the tensors; differences in float16. */

import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  float32ToFloat16,
  fromFloat32,
  openSafetensors,
  tensorSource,
  toFloat32,
  writeSafetensors,
} from "../../checkpoint/index.ts";
import { FileError } from "../../errors/index.ts";
import { isRecord } from "../../json/index.ts";
import type { Json } from "../../train/index.ts";
import type { Arrays } from "./outer.ts";
import { getObject, putObject, type TrainingStore } from "./store.ts";

const KEY = "flexvar_round";

/** Writes float32 arrays. */
export async function writeArrays(path: string, arrays: Arrays, json: Readonly<Record<string, Json>>): Promise<void> {
  const tensors = [...arrays].map(
    ([name, { shape, data }]) => [name, tensorSource("float32", shape, fromFloat32(data, "float32"))] as const,
  );
  await writeSafetensors(path, tensors, { [KEY]: JSON.stringify(json) });
}

/**
 * Writes `arrays` − `base` in float16. Every tensor is scaled by a power of two to at most 1, which is exact, so that a value comes
 * back within 2^-11 of itself, or 2^-25 of the tensor's largest where that is more.
 */
export async function writeDifferences(path: string, arrays: Arrays, base: Arrays): Promise<void> {
  const exponents: Record<string, number> = {};
  const tensors = [...arrays].map(([name, { shape, data }]) => {
    const from = base.get(name)!.data;
    const difference = data.map((value, i) => value - from[i]!);
    const exponent = exponentOf(difference);
    exponents[name] = exponent;
    const bits = float32ToFloat16(difference.map((value) => value * 2 ** -exponent));
    return [name, tensorSource("float16", shape, new Uint8Array(bits.buffer))] as const;
  });
  await writeSafetensors(path, tensors, { [KEY]: JSON.stringify({ exponents }) });
}

/** The least whole e with all |values| at most 2^e; 0 where there is none. Kept where 2^-e is a normal number. */
function exponentOf(values: Float32Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest > 0 && Number.isFinite(largest) ? Math.max(-126, Math.ceil(Math.log2(largest))) : 0;
}

export interface ArraysFile {
  readonly arrays: Arrays;
  readonly json: Readonly<Record<string, Json>>;
}

/** Reads what `writeArrays` or `writeDifferences` wrote. @throws CheckpointError, FileError for another file */
export async function readArrays(path: string): Promise<ArraysFile> {
  const file = await openSafetensors(path);
  try {
    const json: unknown = JSON.parse(file.metadata[KEY] ?? "null");
    if (!isRecord(json)) throw new FileError(path, "arrays of a training round", "another file");
    const exponents = isRecord(json.exponents) ? json.exponents : {};
    const arrays = new Map<string, { shape: readonly number[]; data: Float32Array }>();
    for (const [name, entry] of file.tensors) {
      const data = toFloat32(await entry.read(), entry.dtype);
      const exponent = exponents[name];
      const scaled = typeof exponent === "number" ? data.map((value) => value * 2 ** exponent) : data;
      arrays.set(name, { shape: entry.shape, data: scaled });
    }
    return { arrays, json: json as Record<string, Json> };
  } finally {
    await file.close();
  }
}

/** Throws where an answer does not have the arrays of `base` in their sizes. */
export function expectArrays(where: string, arrays: Arrays, base: Arrays): void {
  for (const [name, { shape }] of base) {
    const found = arrays.get(name);
    if (found === undefined || found.shape.join() !== shape.join())
      throw new FileError(
        where,
        `"${name}" [${shape.join(", ")}]`,
        found === undefined ? "none" : `[${found.shape.join(", ")}]`,
      );
  }
}

/** Puts away under a name what `write` writes. */
export async function send(
  store: TrainingStore,
  object: string,
  write: (path: string) => Promise<void>,
): Promise<void> {
  const path = join(store.folder, object);
  try {
    await write(path);
    await putObject(store, object, path);
  } finally {
    await rm(path, { force: true });
  }
}

/** The arrays of an object; undefined where there is none of the name (any more). */
export async function receive(store: TrainingStore, object: string): Promise<ArraysFile | undefined> {
  const path = join(store.folder, object);
  try {
    return (await getObject(store, object, path)) ? await readArrays(path) : undefined;
  } finally {
    await rm(path, { force: true });
  }
}
