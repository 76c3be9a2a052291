/** Start values of a run: drawn by seed, or taken from a model that exists. */

import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { openTensorFile, toFloat32 } from "../checkpoint/index.ts";
import type { Dataset } from "../data/index.ts";
import { FileError } from "../errors/index.ts";
import type { ParamDecl } from "../nn/index.ts";
import { CONFIG_FILE, initialValues, parseModelConfig, TRANSFORMER_FILE } from "../pretrained/index.ts";
import { createRandom } from "../sampling/index.ts";
import type { TransformerTraining } from "./transformer-config.ts";

/** Seeded start values of every declaration. */
export function freshStart(decls: readonly ParamDecl[], seed: number): Map<string, Float32Array> {
  return initialValues(decls, createRandom(seed, "init"));
}

interface TakenStart {
  readonly values: Map<string, Float32Array>;
  /** Parameters that the file does not hold in this shape: they start fresh. */
  readonly fresh: readonly string[];
  /** Tensors of the file that have another shape than declared, by name. */
  readonly other: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;
  /** What the file says about itself; see `TensorFile.notes`. */
  readonly notes: readonly string[];
}

/**
 * Takes every parameter that a checkpoint (`.pth` or safetensors, or `fileName` of a model folder) holds under its name and in its
 * shape; the others start from `seed`.
 * @throws Error where the checkpoint holds none of them.
 */
export async function startFrom(
  path: string,
  fileName: string,
  decls: readonly ParamDecl[],
  seed: number,
): Promise<TakenStart> {
  const isFolder = await stat(path).then((info) => info.isDirectory());
  const place = isFolder ? join(path, fileName) : path;
  const file = await openTensorFile(place, [decls[0]!.name]);
  try {
    const isQuantized = [...file.tensors.values()].some(({ dtype }) => dtype === "int8");
    if (isQuantized) throw new FileError(place, "weights in floating point to start from", "int8");
    const values = freshStart(decls, seed);
    const fresh: string[] = [];
    const other = new Map<string, { shape: readonly number[]; data: Float32Array }>();
    for (const { name, shape } of decls) {
      const entry = file.tensors.get(name);
      const data = entry && toFloat32(await entry.read(), entry.dtype);
      if (entry && data && entry.shape.join() === shape.join()) values.set(name, Float32Array.from(data));
      else {
        fresh.push(name);
        if (entry && data) other.set(name, { shape: entry.shape, data });
      }
    }
    if (fresh.length === decls.length)
      throw new FileError(place, `tensors such as "${decls[0]!.name}" [${decls[0]!.shape.join(", ")}]`, "none");
    return { values, fresh, other, notes: file.notes };
  } finally {
    await file.close();
  }
}

/** One line about what was taken, for a run's log. */
export function describeStart(path: string, decls: readonly ParamDecl[], { fresh, notes }: TakenStart): string {
  const names = fresh.length === 0 ? "" : `; fresh: ${fresh.slice(0, 8).join(", ")}${fresh.length > 8 ? ", …" : ""}`;
  const said = notes.map((note) => `; ${note}`).join("");
  return `start: ${decls.length - fresh.length} of ${decls.length} tensors from ${path}${names}${said}`;
}

export const CLASS_TABLE = "class_emb.weight";

/**
 * Start values: seeded, or those of another transformer. Of its class table, a class takes the row of the class of its own name, or
 * else of a group of the data set that it belongs to; "no class" takes its own; the other rows start fresh. Anything else that
 * differs is an error.
 */
export async function transformerStart(
  { start: path, seed }: TransformerTraining,
  decls: readonly ParamDecl[],
  { classes, groups = {} }: Pick<Dataset, "classes" | "groups">,
  log: (line: string) => void,
): Promise<Map<string, Float32Array>> {
  if (path === undefined) return freshStart(decls, seed);
  const taken = await startFrom(path, TRANSFORMER_FILE, decls, seed);
  const wrong = taken.fresh.filter((name) => name !== CLASS_TABLE);
  if (wrong.length > 0)
    throw new FileError(
      path,
      "a transformer like the config's model",
      `other shapes or nothing for ${wrong.join(", ")}`,
    );
  log(describeStart(path, decls, taken));
  const old = taken.other.get(CLASS_TABLE);
  const width = decls.find(({ name }) => name === CLASS_TABLE)!.shape[1]!;
  if (old === undefined || old.shape[1] !== width) return taken.values;
  const labels = await labelsOf(path);
  const noClass = labels.length > 0 ? labels.length : old.shape[0]! - 1;
  const idOf = new Map(labels.map((label, id) => [label, id]));
  const groupOf = new Map(Object.entries(groups).flatMap(([group, members]) => members.map((name) => [name, group])));
  const table = taken.values.get(CLASS_TABLE)!;
  const take = (row: number, from: number | undefined): number => {
    if (from === undefined) return 0;
    table.set(old.data.subarray(from * width, (from + 1) * width), row * width);
    return 1;
  };
  take(classes.length, noClass);
  const known = classes.map((name, row) => take(row, idOf.get(name) ?? idOf.get(groupOf.get(name) ?? "")));
  log(`start: ${known.filter((one) => one === 1).length} of ${classes.length} classes begin as a class of ${path}`);
  return taken.values;
}

/** Class names of a model folder; none of a bare checkpoint. */
async function labelsOf(path: string): Promise<readonly string[]> {
  const text = await readFile(join(path, CONFIG_FILE)).catch(() => undefined);
  return text === undefined ? [] : parseModelConfig(text, join(path, CONFIG_FILE)).id2label;
}
