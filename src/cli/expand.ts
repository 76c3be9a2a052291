import { type Command, Option } from "commander";
import { canvasOf, parseRatio } from "../editing/index.ts";
import type { Context } from "./command.ts";
import type { EditFlags } from "./edit-flags.ts";
import { carryOutEdit } from "./edit-run.ts";
import { UsageError } from "./errors.ts";
import { asUsage } from "./option-flags.ts";

interface ExpandFlags extends EditFlags {
  readonly ratio?: string;
}

/** `flexvar expand`. */
export function define(command: Command, context: Context): void {
  command
    .description("Widens or heightens the canvas to a ratio; the picture stays in the middle and keeps its bytes.")
    .argument("<IMAGE>", "PNG, JPEG, WebP, GIF, TIFF or AVIF")
    .addOption(new Option("--ratio <W:H>", "width to height of the new canvas, as in 2:1").helpGroup("Editing:"));
  carryOutEdit(
    command,
    context,
    "expand",
    ["flexvar expand cat.png --ratio 2:1 --class animal-face"],
    ({ ratio: text }: ExpandFlags) => {
      if (text === undefined) throw new UsageError("--ratio: expected width to height such as 2:1, got none");
      const ratio = asUsage(() => parseRatio(text));
      return (image) => asUsage(() => canvasOf("expand", image, { ratio }));
    },
  );
}
