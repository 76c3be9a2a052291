import type { ParamDecl } from "../nn/index.ts";
import { TRANSFORMER_FILE } from "../pretrained/index.ts";
import { describeStart, freshStart, startFrom } from "./start.ts";
import type { TransformerTraining } from "./transformer-config.ts";

const CLASS_TABLE = "class_emb.weight";

/**
 * Start values: seeded, or those of another transformer. A class table of another length starts fresh but for its last row, "no
 * class"; anything else that differs is an error.
 */
export async function transformerStart(
  { start: path, seed }: TransformerTraining,
  decls: readonly ParamDecl[],
  log: (line: string) => void,
): Promise<Map<string, Float32Array>> {
  if (path === undefined) return freshStart(decls, seed);
  const taken = await startFrom(path, TRANSFORMER_FILE, decls, seed);
  const wrong = taken.fresh.filter((name) => name !== CLASS_TABLE);
  if (wrong.length > 0)
    throw new Error(
      `${path}: expected a transformer like the config's model, got other shapes or nothing for ${wrong.join(", ")}`,
    );
  const old = taken.other.get(CLASS_TABLE);
  const table = taken.values.get(CLASS_TABLE)!;
  const width = old?.shape[1] ?? 0;
  if (old !== undefined && width === decls.find(({ name }) => name === CLASS_TABLE)!.shape[1])
    table.set(old.data.subarray(old.data.length - width), table.length - width);
  log(describeStart(path, decls, taken));
  return taken.values;
}
