/** What was painted of a photograph, put into its own samples and written as a file. Node only. */
import { compositePatch, type EditMask } from "../editing/index.ts";
import type { PixelRect, PngText, RgbaImage, RgbImage } from "../image/index.ts";
import { encodePhoto, inColoursOf, loadPhoto, type PhotoOutput, type PictureSource } from "../image/node.ts";
import type { RunEvent } from "./run.ts";

/** A photograph's file, what of it is repainted, and how the result is written. */
export interface PhotoTarget extends Omit<PhotoOutput, "text"> {
  readonly source: PictureSource;
  /** Of the photograph's size; nothing is put into it, and the picture itself is written, where left out. */
  readonly mask?: EditMask | undefined;
}

/** Where a patch belongs: the region that an event worked on, else all of the picture. */
export const regionOf = (event: RunEvent, { width, height }: RgbImage | RgbaImage): PixelRect =>
  ("cropped" in event && event.cropped?.crop.region) || { left: 0, top: 0, width, height };

/**
 * The file of one finished picture: the photograph is read anew, so that it is held while a picture is finished only. Outside the mask its
 * samples are the file's own, of 8 or 16 bits, in its own colour space.
 * @param patch what was painted of the region, in sRGB
 */
export async function photoFile(
  { source, mask, ...output }: PhotoTarget,
  patch: RgbImage | RgbaImage,
  region: PixelRect,
  text: PngText,
): Promise<Uint8Array> {
  if (mask === undefined) {
    const { data, width, height } = patch;
    const channels = data.length === 3 * width * height ? 3 : 4;
    return encodePhoto({ data, width, height, channels }, { ...output, text });
  }
  const photo = await loadPhoto(source);
  compositePatch(photo, await inColoursOf(photo, patch), region, mask);
  return encodePhoto(photo, { ...output, text });
}
