import { join } from "node:path";
import type { Command } from "commander";
import { packageRoot } from "../files/index.ts";
import { writeSite } from "../site/index.ts";
import type { CommandWork, Outcome, Running } from "./command.ts";
import { modelHash } from "./identity.ts";
import { findModel, shownPath } from "./model.ts";
import { makeFolder } from "./output.ts";

interface SiteFlags {
  readonly model?: string;
  readonly out: string;
}

/** `flexvar site`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "Writes the studio as a static site that computes in the browser: put the folder on any web host. It holds the studio, " +
        "ONNX Runtime's files and the model; nothing is fetched from elsewhere, and after a first visit it works offline.",
    )
    .option("--model <DIR|NAME>", "model folder, or the name of a shipped model")
    .option("--out <DIR>", "folder for the site", "site");
  return { examples: ["flexvar site --model emoji --out site"], work: site };
}

async function site(_: readonly string[], { model, out }: SiteFlags, { report }: Running): Promise<Outcome> {
  const folder = findModel(model);
  await makeFolder(out);
  const shell = join(packageRoot(), "dist", "studio");
  const files = await writeSite(out, { shell, model: folder, modelHash: await modelHash(folder) });
  report.log(`${files.length} files in ${shownPath(out)}`);
  return { json: { out, files } };
}
