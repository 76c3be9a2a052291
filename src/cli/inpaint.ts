import { type Command, Option } from "commander";
import { isSoft, MASK_MODES, type MaskMode } from "../editing/index.ts";
import { type Context, carryOut, type Outcome, type Running } from "./command.ts";
import { addEditFlags, type EditFlags, editInput } from "./edit-flags.ts";
import { pictureHash, runEdit } from "./edit-run.ts";
import { UsageError } from "./errors.ts";
import { asUsage } from "./option-flags.ts";

interface InpaintFlags extends EditFlags {
  readonly mask?: string;
  readonly maskMode: MaskMode;
}

/** `flexvar inpaint`. */
export function define(command: Command, context: Context): void {
  command
    .description(
      "Repaints the white part of a mask. Every pixel outside it keeps its bytes; with a class given, nothing under it " +
        "reaches the result. Grey repaints in part. Pictures larger than the model was trained on are worked on in windows around the holes.",
    )
    .argument("<IMAGE>", "PNG, JPEG, WebP, GIF, TIFF or AVIF; 8-bit sRGB PNG is kept to the byte")
    .addOption(new Option("--mask <FILE>", "the mask, of the picture's size").helpGroup("Editing:"))
    .addOption(
      new Option(
        "--mask-mode <auto|white|alpha>",
        "white = repaint, or transparent = repaint; auto: as the file shows, asked for where it does not",
      )
        .choices(MASK_MODES)
        .default("auto")
        .helpGroup("Editing:"),
    );
  addEditFlags(command, "inpaint");
  carryOut(
    command,
    context,
    [
      "flexvar inpaint cat.png --mask hole.png --class animal-face --count 4 --grid",
      "flexvar inpaint photo.png --mask hole.png --class none --window 128",
    ],
    inpaint,
  );
}

async function inpaint([file = ""]: readonly string[], flags: InpaintFlags, running: Running): Promise<Outcome> {
  const options = editInput({ ...flags });
  if (flags.mask === undefined) throw new UsageError("--mask: expected a mask file, got none");
  const { loadMaskPicture, loadRgba } = await import("../image/node.ts");
  const { checkMask, describeMask, readMask } = await import("../editing/index.ts");
  const image = await loadRgba(file);
  const given = await loadMaskPicture(flags.mask);
  const reading = asUsage(() => readMask(given, flags.maskMode));
  const mask = asUsage(() => checkMask(reading.mask, image));
  const notes = [`${flags.mask}: ${describeMask(reading)}`];
  if (isSoft(mask)) notes.push(`${flags.mask}: grey parts blend the picture with what is painted`);
  const size = [image.width, image.height] as const;
  const edit = { task: "inpaint", options: { ...options, image }, size, mask, image: pictureHash(image) } as const;
  return runEdit(flags, edit, running, notes);
}
