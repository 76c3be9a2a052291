import type { Command } from "commander";
import { canvasOf, type Margins } from "../editing/index.ts";
import { MAX_IMAGE_SIDE } from "../image/index.ts";
import { type Context, carryOut, type Outcome, type Running } from "./command.ts";
import { addEditFlags, type EditFlags, editInput } from "./edit-flags.ts";
import { pictureHash, runEdit } from "./edit-run.ts";
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
  addEditFlags(command, "outpaint");
  carryOut(command, context, ["flexvar outpaint cat.png --left 32 --right 32 --class animal-face"], outpaint);
}

async function outpaint([file = ""]: readonly string[], flags: OutpaintFlags, running: Running): Promise<Outcome> {
  const options = editInput({ ...flags });
  const { loadRgba } = await import("../image/node.ts");
  const image = await loadRgba(file);
  const { picture, mask } = asUsage(() => canvasOf("outpaint", image, flags));
  const size = [picture.width, picture.height] as const;
  const edit = {
    task: "outpaint",
    options: { ...options, image: picture },
    size,
    mask,
    image: pictureHash(image),
  } as const;
  return runEdit(flags, edit, running);
}
