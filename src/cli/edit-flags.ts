/** Flags of the image-to-image commands, derived from the schemas of sampling and editing options. */

import { type Command, Option } from "commander";
import { EDITING_FIELDS, type EditingInput, type EditTask, optionsOf, resolveEditing } from "../options/index.ts";
import type { EditOptions } from "../pipelines/index.ts";
import { addMemoryFlag, type MemoryFlags } from "./cost.ts";
import { addComputeFlags, type ComputeFlags, wholeNumber } from "./flags.ts";
import { addOptionFlags, asUsage, optionInput, samplingInput } from "./option-flags.ts";

export interface EditFlags extends ComputeFlags, MemoryFlags {
  readonly out: string;
  readonly class?: string;
  readonly preview?: boolean;
  readonly grid?: boolean;
  readonly metadata: boolean;
  readonly batch?: number;
}

/** Adds the flags of a task. */
export function addEditFlags(command: Command, task: EditTask): Command {
  command.addOption(
    new Option(
      "--class <ID,NAME,…|auto|none>",
      "classes to paint; auto (the default) guesses one from the picture, none paints without",
    ).helpGroup("Sampling:"),
  );
  addOptionFlags(
    command,
    optionsOf(task).filter((name) => name !== "classLabels"),
  );
  command
    .optionsGroup("Files:")
    .option("--out <DIR>", "folder for the pictures", "out")
    .option("--grid", "also a contact sheet: sheet/sheet.png in the folder")
    .option("--preview", "also every scale's picture: previews/000_00.png (picture, scale)")
    .option("--no-metadata", "no settings in the PNG files");
  return addMemoryFlag(addComputeFlags(command)).option(
    "--batch <N>",
    "variants side by side; 4 by default; changes no picture",
    wholeNumber("batch", 1, 4096),
  );
}

/** The options that the flags give, without the picture. @throws UsageError naming the flag. */
export function editInput(flags: Readonly<Record<string, unknown>>): Omit<EditOptions, "image"> & { size?: unknown } {
  const { classLabels, ...sampling } = samplingInput(flags);
  const word = typeof flags.class === "string" ? flags.class.trim() : "auto";
  const editing: EditingInput = optionInput(flags, EDITING_FIELDS);
  asUsage(() => resolveEditing(editing));
  return { ...sampling, ...editing, classLabels: word === "auto" || word === "none" ? word : (classLabels ?? []) };
}
