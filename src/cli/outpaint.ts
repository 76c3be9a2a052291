import type { Command } from "commander";
import { canvasOf, type Margins } from "../editing/index.ts";
import { MAX_IMAGE_SIDE } from "../image/index.ts";
import type { Context } from "./command.ts";
import type { EditFlags } from "./edit-flags.ts";
import { carryOutEdit } from "./edit-run.ts";
import { wholeNumber } from "./flags.ts";
import { asUsage } from "./option-flags.ts";

interface OutpaintFlags extends EditFlags, Partial<Margins> {}

const SIDES = ["left", "right", "top", "bottom"] as const;

/** `flexvar outpaint`. */
export function define(command: Command, context: Context): void {
  command
    .description("Continues a picture beyond its edges. The picture itself keeps its bytes.")
    .argument("<IMAGE>", "PNG, JPEG, WebP, GIF, TIFF or AVIF")
    .optionsGroup("Editing:");
  for (const side of SIDES)
    command.option(`--${side} <N>`, `pixels to add at the ${side}`, wholeNumber(side, 0, MAX_IMAGE_SIDE));
  carryOutEdit(
    command,
    context,
    "outpaint",
    ["flexvar outpaint cat.png --left 32 --right 32 --class animal-face"],
    (flags: OutpaintFlags) => (image) => asUsage(() => canvasOf("outpaint", image, flags)),
  );
}
