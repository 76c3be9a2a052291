import type { Command } from "commander";
import { parseSampling } from "../options/index.ts";
import type { Context } from "./command.ts";
import { carryOutEdit } from "./edit-run.ts";
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
  const example = "flexvar refine cat.png --size 128 --class animal-face";
  carryOutEdit(command, context, "refine", [example], (flags) => {
    const { size: asked } = asUsage(() => parseSampling({ size: samplingInput({ ...flags }).size }));
    if (asked === undefined)
      throw new UsageError("--size: expected the size to draw at, such as 128 or 256x128, got none");
    const [width, height] = asked;
    return (image) => ({ mask: undefined, size: width === height ? byLongerSide(image, width) : asked });
  });
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
