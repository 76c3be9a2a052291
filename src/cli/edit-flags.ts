/** Flags of the image-to-image commands, derived from the schemas of sampling and editing options. */

import { type Command, Option } from "commander";
import { OptionError } from "../errors/index.ts";
import {
  camelCase,
  EDITING_FIELDS,
  type EditingField,
  type EditingInput,
  editingInfo,
  resolveEditing,
  SAMPLING_FIELDS,
  type SamplingField,
} from "../options/index.ts";
import type { EditOptions } from "../pipelines/index.ts";
import { addMemoryFlag, type MemoryFlags } from "./cost.ts";
import { addComputeFlags, type ComputeFlags, wholeNumber } from "./flags.ts";
import { addSamplingFlags, asUsage, samplingInput } from "./sampling-flags.ts";

export interface EditFlags extends ComputeFlags, MemoryFlags {
  readonly out: string;
  readonly class?: string;
  readonly preview?: boolean;
  readonly grid?: boolean;
  readonly metadata: boolean;
  readonly batch?: number;
}

/** Adds the flags of a task. */
export function addEditFlags(
  command: Command,
  sampling: readonly SamplingField[],
  editing: readonly EditingField[],
): Command {
  command.addOption(
    new Option(
      "--class <ID,NAME,…|auto|none>",
      "classes to paint; auto (unless told) guesses one from the picture, none paints without",
    ).helpGroup("Sampling:"),
  );
  addSamplingFlags(
    command,
    SAMPLING_FIELDS.filter((field) => field === "classLabels" || !sampling.includes(field)),
  );
  for (const field of EDITING_FIELDS) {
    if (!editing.includes(field)) continue;
    const { flag, metavar, description, advanced, text } = editingInfo[field];
    command.addOption(
      new Option(text === "flag" ? `--${flag}` : `--${flag} <${metavar}>`, description).helpGroup(
        advanced ? "Advanced editing:" : "Editing:",
      ),
    );
  }
  command
    .optionsGroup("Files:")
    .option("--out <DIR>", "folder for the pictures", "out")
    .option("--grid", "also a contact sheet: sheet/sheet.png in the folder")
    .option("--preview", "also every scale's picture: previews/000_00.png (picture, scale)")
    .option("--no-metadata", "no settings in the PNG files");
  return addMemoryFlag(addComputeFlags(command)).option(
    "--batch <N>",
    "variants side by side; 4 unless told; changes no picture",
    wholeNumber("batch", 1, 4096),
  );
}

/** The options that the flags give, without the picture. @throws UsageError naming the flag. */
export function editInput(flags: Readonly<Record<string, unknown>>): Omit<EditOptions, "image"> & { size?: unknown } {
  const { classLabels, ...sampling } = samplingInput(flags);
  const word = typeof flags.class === "string" ? flags.class.trim() : "auto";
  const editing = asUsage(() =>
    Object.fromEntries(
      EDITING_FIELDS.flatMap((field): [string, unknown][] => {
        const { flag, text } = editingInfo[field];
        const value = flags[camelCase(flag)];
        if (value === undefined) return [];
        return [[field, text === "number" ? toNumber(flag, String(value)) : value]];
      }),
    ),
  ) as EditingInput;
  asUsage(() => resolveEditing(editing));
  return { ...sampling, ...editing, classLabels: word === "auto" || word === "none" ? word : (classLabels ?? []) };
}

function toNumber(flag: string, text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new OptionError(flag, "a number", `"${text}"`);
  return value;
}
