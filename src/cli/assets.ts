import { join } from "node:path";
import type { Command } from "commander";
import { packageRoot } from "../files/index.ts";
import { writeAssets } from "../site/index.ts";
import type { CommandWork, Outcome, Running } from "./command.ts";
import { findModel, shownPath } from "./model.ts";
import { makeFolder } from "./output.ts";

interface AssetsFlags {
  readonly model?: string;
  readonly out: string;
}

/** `flexvar assets`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "Writes what createWorkerPipeline loads on a page: its worker, ONNX Runtime's files and, where one is named, a model. Vite and " +
        "webpack find worker and runtime by themselves; with esbuild the folder is the one of the page's script, or option `assets` names it.",
    )
    .option("--model <DIR|NAME>", "a model to go along, into model/")
    .option("--out <DIR>", "folder for the files", "flexvar");
  return { examples: ["flexvar assets --model emoji --out public/flexvar"], work: assets };
}

async function assets(_: readonly string[], { model, out }: AssetsFlags, { report }: Running): Promise<Outcome> {
  await makeFolder(out);
  const worker = join(packageRoot(), "dist", "web", "assets");
  const files = await writeAssets(out, { worker, ...(model !== undefined && { model: findModel(model) }) });
  report.log(`${files.length} files in ${shownPath(out)}`);
  return { json: { out, files } };
}
