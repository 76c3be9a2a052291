import type { Command } from "commander";
import { type CommandWork, measured, type Outcome, type Running } from "./command.ts";
import { findModel, shownPath } from "./model.ts";

/** `flexvar export`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "Writes a model folder's networks as tokenizer.pth and transformer.pth, which torch.load(weights_only=True) and the " +
        "released loaders read. The folder appears whole or not at all.",
    )
    .argument("<DIR|name>", "model folder, or the name of a shipped model")
    .optionsGroup("Files:")
    .requiredOption("--out <DIR>", "folder for the checkpoints; must be new or empty");
  return { examples: ["flexvar export models/d16 --out d16-pth"], work: exportFolder };
}

async function exportFolder(
  [model]: readonly string[],
  flags: { out: string },
  { report, signal }: Running,
): Promise<Outcome> {
  const folder = findModel(model);
  const { exportModel } = await import("../pretrained/node.ts");
  report.log(`writing ${shownPath(folder)} as .pth`);
  const files = await exportModel(folder, flags.out, { signal });
  report.log(`wrote ${files.map(shownPath).join(", ")}`);
  return { json: { model: folder, files, ...measured() } };
}
