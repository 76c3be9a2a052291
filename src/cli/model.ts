/** Finding and opening the model that `--model` names. */

import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { FlexVARPipeline } from "../pipelines/index.ts";
import { CONFIG_FILE } from "../pretrained/index.ts";
import { UsageError } from "./errors.ts";
import type { ComputeFlags } from "./flags.ts";
import { packageRoot } from "./package.ts";
import type { Reporter } from "./reporter.ts";

/** Shipped models in the order in which they are taken without `--model`. */
const PREFERRED = ["emoji", "fashion"];

const HOW_TO_GET_ONE =
  "make one with `flexvar import --tokenizer A.pth --transformer B.pth --out DIR` and pass --model DIR";

/**
 * The folder of a model: a path, or the name of a folder in the package's `models/`.
 * @throws UsageError saying what there is and how to get one.
 */
export function findModel(
  named: string | undefined,
  {
    shippedIn = join(packageRoot(), "models"),
    where = "--model",
    what = "a model folder",
  }: { readonly shippedIn?: string; readonly where?: string; readonly what?: string } = {},
): string {
  const shipped = shippedModels(shippedIn);
  if (named !== undefined) {
    if (isModel(named)) return named;
    if (shipped.includes(named)) return join(shippedIn, named);
    const found = existsSync(named) ? `it holds no ${CONFIG_FILE}` : "no such folder or name";
    const names = shipped.length > 0 ? `a shipped model (${shipped.join(", ")})` : "a shipped model (none ships yet)";
    throw new UsageError(`${where}: expected ${what} or the name of ${names}, got "${named}" (${found})`);
  }
  const chosen = PREFERRED.find((name) => shipped.includes(name)) ?? shipped[0];
  if (chosen === undefined) throw new UsageError(`--model: expected a model, and none ships yet: ${HOW_TO_GET_ONE}`);
  return join(shippedIn, chosen);
}

const isModel = (folder: string): boolean => existsSync(join(folder, CONFIG_FILE));

function shippedModels(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => isModel(join(folder, name)))
    .sort();
}

/** A folder as messages show it: relative where that is shorter. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short !== "" && short.length < path.length ? short : path;
}

/** Opens a model for as long as `use` takes. @throws OptionError for a device or dtype that this build has not. */
export async function withModel<T>(
  folder: string,
  { device, dtype, threads, lowMemory }: ComputeFlags,
  report: Reporter,
  use: (pipe: FlexVARPipeline) => Promise<T>,
): Promise<T> {
  const { FlexVAR } = await import("../open.ts");
  report.log(`opening ${shownPath(folder)}`);
  const pipe = await FlexVAR.fromPretrained(folder, { device, dtype, threads, lowMemory });
  try {
    return await use(pipe);
  } finally {
    await pipe.dispose();
  }
}
