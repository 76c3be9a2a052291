import { type Command, Option } from "commander";
import { checkMask, describeMask, isSoft, MASK_MODES, type MaskMode, readMask } from "../editing/index.ts";
import type { RgbaImage } from "../image/index.ts";
import { loadMaskPicture } from "../image/node.ts";
import type { Context } from "./command.ts";
import type { EditFlags } from "./edit-flags.ts";
import { carryOutEdit } from "./edit-run.ts";
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
  carryOutEdit(
    command,
    context,
    "inpaint",
    [
      "flexvar inpaint cat.png --mask hole.png --class animal-face --count 4 --grid",
      "flexvar inpaint photo.png --mask hole.png --class none --window 128",
    ],
    inpaint,
  );
}

function inpaint({ mask: file, maskMode }: InpaintFlags) {
  if (file === undefined) throw new UsageError("--mask: expected a mask file, got none");
  return async (image: RgbaImage) => {
    const given = await loadMaskPicture(file);
    const reading = asUsage(() => readMask(given, maskMode));
    const mask = asUsage(() => checkMask(reading.mask, image));
    const notes = [`${file}: ${describeMask(reading)}`];
    if (isSoft(mask)) notes.push(`${file}: grey parts blend the picture with what is painted`);
    return { mask, notes };
  };
}
