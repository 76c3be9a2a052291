import sharp from "sharp";
import type { PlanarBatch, RgbaImage, RgbImage } from "./pixels.ts";
import { flattenAlpha, isOpaque, rgbToPlanar } from "./pixels.ts";

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
  const rgba = await loadRgba(input, options);
  const image = flattenAlpha(rgba, options.background ?? [255, 255, 255]);
  if (isOpaque(rgba)) return image;
  return { ...image, alpha: Uint8Array.from({ length: rgba.width * rgba.height }, (_, i) => rgba.data[4 * i + 3]!) };
}

/** The same with the alpha channel as it is, and the colours under transparent parts: of an 8-bit sRGB PNG its very bytes. */
export async function loadRgba(
  input: string | Uint8Array,
  options: Pick<LoadOptions, "resize"> = {},
): Promise<RgbaImage> {
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
    return { data, width: info.width, height: info.height };
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
