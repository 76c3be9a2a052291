import { type Command, Option } from "commander";
import { MASK_MODES, type MaskMode } from "../editing/index.ts";
import { readInput } from "../files/index.ts";
import { readSettings, type SettingsRecord } from "../image/index.ts";
import {
  type FlexVARPipeline,
  isEditRecord,
  isLargeRecord,
  largeRequestFrom,
  requestFrom,
} from "../pipelines/index.ts";
import { type Context, carryOut, type Outcome, type Running } from "./command.ts";
import { addMemoryFlag, type MemoryFlags, openCosts } from "./cost.ts";
import { draw, fitDrawing } from "./draw.ts";
import { UsageError } from "./errors.ts";
import { addComputeFlags, type ComputeFlags } from "./flags.ts";
import { paintLarge } from "./generate-large.ts";
import { modelHash } from "./identity.ts";
import { measured } from "./measure.ts";
import { findModel, openModel, shownPath } from "./model.ts";
import { expectFolder } from "./output.ts";
import { repeatEdit } from "./repeat-edit.ts";

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
  const settings = await recorded(file);
  if (isEditRecord(settings)) return repeatEdit(file, settings, flags, running);
  const drawAgain = isLargeRecord(settings) ? repeatLarge(file, settings) : repeatPlain(file, settings);
  const folder = findModel(flags.model);
  const hash = await modelHash(folder);
  if (hash !== settings.model && flags.force !== true)
    throw new UsageError(
      `--model: expected the model that drew ${file} (${String(settings.model)}), got ${shownPath(folder)} (${hash}); --force draws with it`,
    );
  await expectFolder(flags.out);
  const pipe = await openModel(folder, flags, running.report);
  try {
    const { files, settings } = await drawAgain(pipe, flags, hash, running);
    running.report.log(`drew ${file} again: ${files.at(-1)}`);
    return { json: { model: { path: folder, hash }, files, settings, ...measured(pipe.runtime.runMilliseconds()) } };
  } finally {
    await pipe.dispose();
  }
}

/** Draws what was recorded once more. */
type DrawAgain = (
  pipe: FlexVARPipeline,
  flags: RepeatFlags,
  model: string,
  running: Running,
) => Promise<{ readonly files: readonly string[]; readonly settings: SettingsRecord }>;

function repeatPlain(file: string, settings: SettingsRecord): DrawAgain {
  const { options } = worded(file, () => requestFrom(settings));
  return async (pipe, flags, model, running) => {
    const { out, preview = false } = flags;
    const costs = await openCosts(pipe, flags);
    if (costs !== undefined) fitDrawing(pipe, options, { preview }, costs, running.report);
    return draw(pipe, options, { out, model, metadata: true, preview, grid: false, trace: undefined }, running);
  };
}

function repeatLarge(file: string, settings: SettingsRecord): DrawAgain {
  const { options } = worded(file, () => largeRequestFrom(settings));
  return async (pipe, flags, model, running) => {
    const { out, preview = false } = flags;
    return paintLarge(pipe, options, { out, preview }, model, running, await openCosts(pipe, flags));
  };
}

async function recorded(file: string): Promise<SettingsRecord> {
  const png = await readInput(file, "PNG file");
  return worded(file, () => readSettings(png));
}

function worded<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}
