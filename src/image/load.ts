import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Sharp } from "sharp";
import { fileProblem } from "../files/index.ts";
import { checkSize, type DecodeLimits, decodeWithin, ImageError } from "./decode.ts";
import type { PlanarBatch, RgbaImage, RgbImage } from "./pixels.ts";
import { flattenAlpha, isOpaque, rgbToPlanar } from "./pixels.ts";

export interface LoadOptions {
  /** Colour under transparent parts; white by default. */
  readonly background?: readonly [r: number, g: number, b: number];
  /** Resizes to exactly this size: `cover` crops what is over (centred), `fill` stretches. The picture's own size by default. */
  readonly resize?: { readonly width: number; readonly height: number; readonly fit?: "cover" | "fill" };
  /** What decoding may take: 16384 pixels a side, 100 megapixels and a minute by default. */
  readonly limits?: DecodeLimits;
}

/** A picture and, where the file has one, its alpha plane ([H, W], 255 = opaque). */
export interface LoadedImage extends RgbImage {
  readonly alpha?: Uint8Array;
}

/**
 * Decodes a picture (PNG, JPEG, WebP, GIF, TIFF, AVIF; 16-bit, CMYK, grey and indexed ones too; of an animation the first frame) to
 * 8-bit sRGB, turned as its EXIF orientation says.
 * @param input path or bytes.
 * @throws ImageError naming the file for what is no such picture, is damaged, or exceeds the limits; see `decodeWithin`.
 */
export async function loadRgb(input: string | Uint8Array, options: LoadOptions = {}): Promise<LoadedImage> {
  const rgba = await loadRgba(input, options);
  const image = flattenAlpha(rgba, options.background ?? [255, 255, 255]);
  if (isOpaque(rgba)) return image;
  return { ...image, alpha: Uint8Array.from({ length: rgba.width * rgba.height }, (_, i) => rgba.data[4 * i + 3]!) };
}

/** The same with the alpha channel as it is, and the colours under transparent parts: of an 8-bit sRGB PNG its very bytes. */
export async function loadRgba(
  input: PictureSource,
  { resize, limits = {} }: Pick<LoadOptions, "resize" | "limits"> = {},
): Promise<RgbaImage> {
  const { bytes, where } = await pictureBytes(input);
  if (resize !== undefined) checkSize(resize, where, limits);
  return decodeWithin(bytes, where, limits, (opened) => rgbaOf(opened, resize));
}

/** The pixels of an opened picture, upright, in 8-bit sRGB. */
async function rgbaOf(opened: Sharp, resize?: LoadOptions["resize"]): Promise<RgbaImage> {
  let image = opened.autoOrient().toColourspace("srgb");
  if (resize !== undefined) {
    const { width, height, fit = "cover" } = resize;
    image = image.resize({ width, height, fit });
  }
  const { data, info } = await image.ensureAlpha().raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** The same as planes of floats in [-1, 1], [1, 3, H, W]. */
export async function loadPlanar(input: string | Uint8Array, options: LoadOptions = {}): Promise<PlanarBatch> {
  return rgbToPlanar([await loadRgb(input, options)]);
}

/** Longest picture file that is read: beyond what 100 megapixels of 16 bits take. */
const MAX_FILE_BYTES = 2 ** 30;

/** A picture's path or bytes, or bytes and what errors call them. */
export type PictureSource = string | Uint8Array | PictureFile;

/** The bytes of a picture file that is decoded several times, and what errors call it. */
export interface PictureFile {
  readonly bytes: Uint8Array;
  readonly where: string;
}

/** A picture file's bytes, and what errors call it. Pipes are read to their end. @throws ImageError */
export async function pictureBytes(input: PictureSource): Promise<PictureFile> {
  if (input instanceof Uint8Array) return { bytes: input, where: "image" };
  if (typeof input !== "string") return input;
  const pieces: Buffer[] = [];
  let total = 0;
  try {
    for await (const piece of createReadStream(input, { highWaterMark: 1 << 20 })) {
      total += (piece as Buffer).length;
      if (total > MAX_FILE_BYTES)
        throw new ImageError(input, "size", `a file of at most ${MAX_FILE_BYTES} bytes`, "more");
      pieces.push(piece as Buffer);
    }
  } catch (error) {
    if (error instanceof ImageError) throw error;
    throw new ImageError(input, "damage", "a readable picture", fileProblem(error) ?? "too many open files", {
      cause: error,
    });
  }
  return { bytes: Buffer.concat(pieces), where: input };
}

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

/** How settings name a picture that was edited: 16 hex digits of the SHA-256 of its size and pixels. */
export function pictureHash({ data, width, height }: RgbaImage): string {
  return createHash("sha256").update(`${width}x${height}:`).update(data).digest("hex").slice(0, 16);
}
