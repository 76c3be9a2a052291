/** Start values of a run: drawn by seed, or taken from a model that exists. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { openTensorFile, toFloat32 } from "../checkpoint/index.ts";
import type { ParamDecl } from "../nn/index.ts";
import { initialValues } from "../pretrained/index.ts";
import { createRandom } from "../sampling/index.ts";

/** Seeded start values of every declaration. */
export function freshStart(decls: readonly ParamDecl[], seed: number): Map<string, Float32Array> {
  return initialValues(decls, createRandom(seed, "init"));
}

export interface TakenStart {
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
      throw new Error(
        `${place}: expected tensors such as "${decls[0]!.name}" [${decls[0]!.shape.join(", ")}], got none`,
      );
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
