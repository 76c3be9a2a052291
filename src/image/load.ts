import sharp from "sharp";
import type { PlanarBatch, RgbImage } from "./pixels.ts";
import { rgbToPlanar } from "./pixels.ts";

/** Longest side and largest area of a picture that is opened. */
export const MAX_IMAGE_SIDE = 16384;
export const MAX_IMAGE_PIXELS = 100_000_000;

export interface LoadOptions {
  /** Colour under transparent parts; white unless told. */
  readonly background?: readonly [r: number, g: number, b: number];
  /** Resizes to exactly this size: `cover` crops what is over (centred), `fill` stretches. The picture's own size unless told. */
  readonly resize?: { readonly width: number; readonly height: number; readonly fit?: "cover" | "fill" };
}

/** A picture and, where the file has one, its alpha plane ([H, W], 255 = opaque). */
export interface LoadedImage extends RgbImage {
  readonly alpha?: Uint8Array;
}

/**
 * Decodes a picture (PNG, JPEG, WebP, GIF, TIFF, AVIF; 16-bit, CMYK, grey and indexed ones too; of an animation the first frame) to
 * 8-bit sRGB, turned as its EXIF orientation says.
 * @param input path or bytes.
 * @throws Error naming the file for pictures that cannot be read, or that exceed {@link MAX_IMAGE_SIDE} a side or
 * {@link MAX_IMAGE_PIXELS} in all.
 */
export async function loadRgb(input: string | Uint8Array, options: LoadOptions = {}): Promise<LoadedImage> {
  const where = typeof input === "string" ? input : "image";
  const open = () => sharp(input, { limitInputPixels: MAX_IMAGE_PIXELS, failOn: "error", page: 0, pages: 1 });
  try {
    const { width, height } = await open().metadata();
    checkSize(width, height, where);
    let image = open().autoOrient().toColourspace("srgb");
    if (options.resize) {
      const { width: toWidth, height: toHeight, fit = "cover" } = options.resize;
      checkSize(toWidth, toHeight, where);
      image = image.resize({ width: toWidth, height: toHeight, fit });
    }
    const { data, info } = await image.ensureAlpha().raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
    return flattened(data, info.width, info.height, options.background ?? [255, 255, 255]);
  } catch (error) {
    if (error instanceof ImageError) throw error;
    throw new ImageError(`${where}: expected a readable picture, got: ${shortReason(error)}`, { cause: error });
  }
}

/** The same as planes of floats in [-1, 1], [1, 3, H, W]. */
export async function loadPlanar(input: string | Uint8Array, options: LoadOptions = {}): Promise<PlanarBatch> {
  return rgbToPlanar([await loadRgb(input, options)]);
}

/** A picture that cannot be opened, with the reason in words. */
export class ImageError extends Error {
  override readonly name = "ImageError";
}

function checkSize(width: number, height: number, where: string): void {
  if (width > MAX_IMAGE_SIDE || height > MAX_IMAGE_SIDE || width * height > MAX_IMAGE_PIXELS) {
    throw new ImageError(
      `${where}: expected at most ${MAX_IMAGE_SIDE} pixels a side and ${MAX_IMAGE_PIXELS / 1e6} megapixels, ` +
        `got ${width}x${height}`,
    );
  }
}

function shortReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0]!.slice(0, 300);
}

/** RGBA over a plain colour; the alpha plane is kept where any of it is not opaque. */
function flattened(
  rgba: Uint8Array,
  width: number,
  height: number,
  background: readonly [number, number, number],
): LoadedImage {
  const data = new Uint8Array(width * height * 3);
  const alpha = new Uint8Array(width * height);
  let opaque = true;
  for (let i = 0; i < alpha.length; i++) {
    const a = rgba[4 * i + 3]!;
    alpha[i] = a;
    if (a !== 255) opaque = false;
    for (let c = 0; c < 3; c++) {
      data[3 * i + c] = Math.round((rgba[4 * i + c]! * a + background[c]! * (255 - a)) / 255);
    }
  }
  return opaque ? { data, width, height } : { data, width, height, alpha };
}
