import type { Command } from "commander";
import { parseSampling } from "../options/index.ts";
import { type Context, carryOut, type Outcome, type Running } from "./command.ts";
import { addEditFlags, type EditFlags, editInput } from "./edit-flags.ts";
import { pictureHash, runEdit } from "./edit-run.ts";
import { UsageError } from "./errors.ts";
import { asUsage, samplingInput } from "./option-flags.ts";

/** `flexvar refine`. */
export function define(command: Command, context: Context): void {
  command
    .description(
      "Draws a small picture at a higher resolution. Its tokens are kept at every grid up to its own size and drawn above, " +
        "or as --strength says. A size of one number keeps the ratio: it is the longer side.",
    )
    .argument("<IMAGE>", "PNG, JPEG, WebP, GIF, TIFF or AVIF");
  addEditFlags(command, "refine");
  carryOut(command, context, ["flexvar refine cat.png --size 128 --class animal-face"], refine);
}

async function refine([file = ""]: readonly string[], flags: EditFlags, running: Running): Promise<Outcome> {
  const { size: _, ...options } = editInput({ ...flags });
  const { size: asked } = asUsage(() => parseSampling({ size: samplingInput({ ...flags }).size }));
  if (asked === undefined)
    throw new UsageError("--size: expected the size to draw at, such as 128 or 256x128, got none");
  const { loadRgba } = await import("../image/node.ts");
  const image = await loadRgba(file);
  const size = asked[0] === asked[1] ? byLongerSide(image, asked[0]) : asked;
  const hash = pictureHash(image);
  const edit = { task: "refine", options: { ...options, image }, size, mask: undefined, image: hash } as const;
  return runEdit(flags, edit, running);
}

/** The size of this longer side with a picture's ratio. */
export function byLongerSide(
  { width, height }: { readonly width: number; readonly height: number },
  side: number,
): [width: number, height: number] {
  const long = Math.max(width, height);
  const scaled = (pixels: number): number => Math.max(1, Math.round((pixels * side) / long));
  return [scaled(width), scaled(height)];
}
