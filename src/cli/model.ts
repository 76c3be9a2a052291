/** Finding and opening the model that `--model` names. */

import { existsSync } from "node:fs";
import { relative } from "node:path";
import { namesHubModel } from "../hub/index.ts";
import type { FlexVARPipeline } from "../pipelines/index.ts";
import { CONFIG_FILE } from "../pretrained/index.ts";
import { modelFolderHere, shippedModels } from "../pretrained/node.ts";
import { UsageError } from "./errors.ts";
import type { ComputeFlags } from "./flags.ts";
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
    shippedIn,
    where = "--model",
    what = "a model folder",
  }: { readonly shippedIn?: string; readonly where?: string; readonly what?: string } = {},
): string {
  if (named !== undefined) {
    const folder = modelFolderHere(named, shippedIn);
    if (folder !== undefined) return folder;
    const found = existsSync(named) ? `it holds no ${CONFIG_FILE}` : "no such folder or name";
    const names = shippedModels(shippedIn).map(({ name }) => name);
    throw new UsageError(
      `${where}: expected ${what} or the name of a shipped model (${names.join(", ") || "none ships yet"}), got "${named}" (${found}); ` +
        "flexvar models lists what can be pulled",
    );
  }
  const shipped = shippedModels(shippedIn);
  const chosen = PREFERRED.flatMap((name) => shipped.find((model) => model.name === name) ?? [])[0] ?? shipped[0];
  if (chosen === undefined) throw new UsageError(`--model: expected a model, and none ships yet: ${HOW_TO_GET_ONE}`);
  return chosen.folder;
}

/** Whether a name is one of the hub's: neither a folder nor a shipped model goes by it. */
export const isOfHub = (named: string | undefined): named is string =>
  named !== undefined && namesHubModel(named) && !existsSync(named) && modelFolderHere(named) === undefined;

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
  const pipe = await FlexVAR.fromPretrained(folder, {
    device,
    dtype,
    threads,
    lowMemory,
    // What is said of the folder was said above.
    onProgress: ({ message }) => {
      if (!message.startsWith("opening")) report.log(message);
    },
  });
  try {
    return await use(pipe);
  } finally {
    await pipe.dispose();
  }
}
