import type { Sharp } from "sharp";
import { type DecodeLimits, decodeWithin } from "./decode.ts";
import { pictureBytes, rgbaOf } from "./load.ts";
import type { RgbaImage } from "./pixels.ts";

/**
 * Decodes a picture that is a mask: as `loadRgba` does, but the values of a 16-bit file that uses only the lowest 8 bits (0 and 1, or
 * up to 255, as programs write arrays of another type) are kept, where a picture's would all become black.
 * @throws ImageError as `loadRgba`
 */
export async function loadMaskPicture(
  input: string | Uint8Array,
  { limits = {} }: { readonly limits?: DecodeLimits } = {},
): Promise<RgbaImage> {
  const { bytes, where } = await pictureBytes(input);
  return decodeWithin(bytes, where, limits, async (opened, { depth, channels }) => {
    const low = depth === "ushort" ? await lowBytes(opened.clone(), channels) : undefined;
    return low ?? rgbaOf(opened);
  });
}

/** The lower bytes of 16-bit values where the upper ones are all 0; undefined elsewhere. Alpha counts by itself. */
async function lowBytes(opened: Sharp, channels: number): Promise<RgbaImage | undefined> {
  const { data: bytes, info } = await opened
    .autoOrient()
    .toColourspace(channels <= 2 ? "grey16" : "rgb16")
    .raw({ depth: "ushort" })
    .toBuffer({ resolveWithObject: true });
  const values = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const { width, height, channels: count } = info;
  const colours = count <= 2 ? 1 : 3;
  let [mostColour, mostAlpha] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (i % count < colours) mostColour = Math.max(mostColour, values[i]!);
    else mostAlpha = Math.max(mostAlpha, values[i]!);
  }
  if (mostColour > 255) return undefined;
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) data[4 * i + c] = values[i * count + Math.min(c, colours - 1)]!;
    if (count > colours) data[4 * i + 3] = values[i * count + colours]! >> (mostAlpha > 255 ? 8 : 0);
  }
  return { data, width, height };
}
