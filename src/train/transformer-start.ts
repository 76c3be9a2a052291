import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Dataset } from "../data/index.ts";
import type { ParamDecl } from "../nn/index.ts";
import { parseModelConfig } from "../pretrained/index.ts";
import { CONFIG_FILE, TRANSFORMER_FILE } from "../pretrained/node.ts";
import { describeStart, freshStart, startFrom } from "./start.ts";
import type { TransformerTraining } from "./transformer-config.ts";

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
    throw new Error(
      `${path}: expected a transformer like the config's model, got other shapes or nothing for ${wrong.join(", ")}`,
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
