import { type Command, Option } from "commander";
import { canvasOf, parseRatio } from "../editing/index.ts";
import { type Context, carryOut, type Outcome, type Running } from "./command.ts";
import { addEditFlags, type EditFlags, editInput } from "./edit-flags.ts";
import { pictureHash, runEdit } from "./edit-run.ts";
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
  addEditFlags(command, "expand");
  carryOut(command, context, ["flexvar expand cat.png --ratio 2:1 --class animal-face"], expand);
}

async function expand([file = ""]: readonly string[], flags: ExpandFlags, running: Running): Promise<Outcome> {
  const options = editInput({ ...flags });
  const { ratio } = flags;
  if (ratio === undefined) throw new UsageError("--ratio: expected width to height such as 2:1, got none");
  const wanted = asUsage(() => parseRatio(ratio));
  const { loadRgba } = await import("../image/node.ts");
  const image = await loadRgba(file);
  const { picture, mask } = asUsage(() => canvasOf("expand", image, { ratio: wanted }));
  const size = [picture.width, picture.height] as const;
  const edit = {
    task: "expand",
    options: { ...options, image: picture },
    size,
    mask,
    image: pictureHash(image),
  } as const;
  return runEdit(flags, edit, running);
}
