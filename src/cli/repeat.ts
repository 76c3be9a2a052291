import { type Command, Option } from "commander";
import { MASK_MODES, type MaskMode } from "../editing/index.ts";
import { readInput } from "../files/index.ts";
import { readSettings, type SettingsRecord } from "../image/index.ts";
import { requestFrom } from "../pipelines/index.ts";
import { type Context, carryOut, type Outcome, type Running } from "./command.ts";
import { addMemoryFlag, type MemoryFlags, openCosts } from "./cost.ts";
import { draw } from "./draw.ts";
import { UsageError } from "./errors.ts";
import { addComputeFlags, type ComputeFlags } from "./flags.ts";
import { modelHash } from "./identity.ts";
import { measured } from "./measure.ts";
import { findModel, openModel, shownPath } from "./model.ts";
import { expectFolder } from "./output.ts";
import { repeatedEdit } from "./repeat-edit.ts";

export interface RepeatFlags extends ComputeFlags, MemoryFlags {
  readonly out: string;
  readonly preview?: boolean;
  readonly force?: boolean;
  readonly image?: string;
  readonly mask?: string;
  readonly maskMode: MaskMode;
}

/** `flexvar repeat`. */
export function define(command: Command, context: Context): void {
  command
    .description(
      "Draws a picture again from the settings embedded in it, as 000.png in --out. An edit needs nothing but its result: " +
        "the kept pixels and the mask are in it. Only refine, --strength below 1 and grey masks need the first picture too.",
    )
    .argument("<FILE.png>", "a picture that flexvar generated or edited")
    .optionsGroup("Files:")
    .option("--out <DIR>", "folder for the picture", "out")
    .option("--preview", "also every scale's picture: previews/000_00.png")
    .option("--image <FILE>", "the picture that was edited, where its result does not hold enough of it")
    .option("--mask <FILE>", "the mask, where it was too intricate to be embedded")
    .addOption(new Option("--mask-mode <auto|white|alpha>", "how --mask is read").choices(MASK_MODES).default("auto"))
    .option("--force", "draw with another model than the one that drew it");
  addMemoryFlag(addComputeFlags(command));
  carryOut(command, context, ["flexvar repeat out/003.png --out again --preview"], repeat);
}

async function repeat([file = ""]: readonly string[], flags: RepeatFlags, running: Running): Promise<Outcome> {
  const recorded = await settingsOf(file);
  const folder = findModel(flags.model);
  const hash = await modelHash(folder);
  if (hash !== recorded.model && flags.force !== true)
    throw new UsageError(
      `--model: expected the model that drew ${file} (${String(recorded.model)}), got ${shownPath(folder)} (${hash}); --force draws with it`,
    );
  await expectFolder(flags.out);
  const pipe = await openModel(folder, flags, running.report);
  try {
    const read = namingFile(file, () => requestFrom(recorded, pipe.config.transformer?.numClasses));
    const costs = await openCosts(pipe, flags);
    const isEdit = "fromResult" in read;
    const run = { ...(isEdit ? await repeatedEdit(file, read, flags) : read), model: hash };
    const { files, settings: drawn } = await draw(pipe, run, flags, costs, running);
    running.report.log(`drew ${file} again: ${files.at(-1)}`);
    // Of edits, what they said.
    const settings = isEdit ? recorded : drawn;
    return { json: { model: { path: folder, hash }, files, settings, ...measured(pipe.runtime.runMilliseconds()) } };
  } finally {
    await pipe.dispose();
  }
}

async function settingsOf(file: string): Promise<SettingsRecord> {
  const png = await readInput(file, "PNG file");
  return namingFile(file, () => readSettings(png));
}

function namingFile<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}
