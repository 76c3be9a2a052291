/** A photograph's own samples read from its file and written into a new one: nothing of them is converted. Node only. */
import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Metadata, type Sharp } from "sharp";
import { type DecodeLimits, decodeWithin } from "./decode.ts";
import { type FileExtras, type OutputFormat, withExtras } from "./embed.ts";
import { editedExif } from "./exif.ts";
import { type PictureSource, pictureBytes } from "./load.ts";
import { checkMaster, type MasterImage, whiteOf } from "./master.ts";
import { type RgbaImage, type RgbImage, withoutAlpha } from "./pixels.ts";
import type { PngText } from "./png-write.ts";
import { editedXmp } from "./xmp.ts";

/** A photograph as its file has it, upright. */
export interface Photo extends MasterImage {
  /** Profile of the samples' colour space; sRGB where there is none. */
  readonly icc?: Uint8Array | undefined;
  /** Records of the file, as they are. */
  readonly exif?: Uint8Array | undefined;
  readonly xmp?: Uint8Array | undefined;
  /** What of the file was converted all the same, in words: colours that are neither RGB nor grey. */
  readonly converted?: string | undefined;
}

/** Colour spaces whose samples are kept, as sharp calls them. */
const KEPT_SPACES: readonly string[] = ["srgb", "rgb", "rgb16", "b-w", "grey16"];
const GREY: readonly string[] = ["b-w", "grey16"];

/**
 * Reads a photograph: 8 or 16 bits, with alpha where it has one, turned as its EXIF orientation says, its samples untouched (grey ones thrice). Others (CMYK,
 * Lab, floats) and grey ones with a profile are converted to 8-bit sRGB.
 * @throws ImageError as `loadRgb`
 */
export async function loadPhoto(
  input: PictureSource,
  { limits = {} }: { readonly limits?: DecodeLimits | undefined } = {},
): Promise<Photo> {
  const { bytes, where } = await pictureBytes(input);
  return decodeWithin(bytes, where, limits, (_, metadata, open) => samplesOf(open, metadata));
}

/** What of a file a plain 8-bit sRGB copy of its pixels would lose. */
export interface PhotoFacts {
  /** Of its samples nothing: they are, or become, 8-bit sRGB without a profile. */
  readonly isPlain: boolean;
  /** It has EXIF or XMP. */
  readonly hasRecords: boolean;
  /** See {@link Photo.converted}. */
  readonly converted?: string | undefined;
}

/** Whether a plain PNG of the pictures would lose something of a photograph's file: then it is written as the photograph is. */
export const losesAsPlain = ({ isPlain, hasRecords }: PhotoFacts, metadata: "keep" | "drop" = "keep"): boolean =>
  !isPlain || (hasRecords && metadata === "keep");

/** Looks at a photograph's head alone. @throws ImageError as `loadRgb` */
export async function photoFacts(
  input: PictureSource,
  { limits = {} }: { readonly limits?: DecodeLimits | undefined } = {},
): Promise<PhotoFacts> {
  const { bytes, where } = await pictureBytes(input);
  return decodeWithin(bytes, where, limits, async (_, metadata) => {
    const { depth, icc, exif, xmp } = metadata;
    const converted = conversionOf(metadata);
    const isPlain = converted !== undefined || (depth === "uchar" && icc === undefined);
    return { isPlain, hasRecords: exif !== undefined || xmp !== undefined, converted };
  });
}

/** What of a file's samples cannot be kept, in words. */
function conversionOf({ space, depth, icc }: Metadata): string | undefined {
  const isInteger = depth === "uchar" || depth === "ushort";
  const isGrey = GREY.includes(space);
  if (KEPT_SPACES.includes(space) && isInteger && !(isGrey && icc !== undefined)) return undefined;
  const was = isGrey ? "grey with a colour profile" : isInteger ? space : `${space} of type ${depth}`;
  return `${was} became 8-bit sRGB`;
}

async function samplesOf(open: (ignoreIcc: boolean) => Sharp, metadata: Metadata): Promise<Photo> {
  const { depth, icc, exif, xmp, hasAlpha } = metadata;
  const converted = conversionOf(metadata);
  const isKept = converted === undefined;
  const isDeep = isKept && depth === "ushort";
  let image = open(isKept)
    .autoOrient()
    .toColourspace(isDeep ? "rgb16" : "srgb");
  image = hasAlpha ? image.ensureAlpha() : image.removeAlpha();
  const { data, info } = await image.raw({ depth: isDeep ? "ushort" : "uchar" }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const samples = isDeep ? wide(data) : new Uint8Array(data.buffer, data.byteOffset, data.length);
  const photo = { data: samples, width, height, channels: channels as 3 | 4, exif, xmp };
  checkMaster(photo, "photo");
  return isKept ? { ...photo, icc } : { ...photo, converted };
}

function wide(data: Buffer): Uint16Array {
  if (data.byteOffset % 2 === 0) return new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  return new Uint16Array(new Uint8Array(data).buffer);
}

/** An sRGB picture in a photograph's colour space: of 16 bits where it is another. @throws Error where the profile cannot be used */
export async function inColoursOf({ icc }: Pick<Photo, "icc">, image: RgbImage | RgbaImage): Promise<MasterImage> {
  const { data, width, height } = withoutAlpha(image);
  if (icc === undefined) return { data, width, height, channels: 3 };
  // Profiles are read from files.
  const path = join(tmpdir(), `flexvar-${randomUUID()}.icc`);
  try {
    await writeFile(path, icc, { flag: "wx" });
    const out = await sharp(data, { raw: { width, height, channels: 3 } })
      .toColourspace("rgb16")
      .withIccProfile(path, { attach: false })
      .raw({ depth: "ushort" })
      .toBuffer();
    return { data: wide(out), width, height, channels: 3 };
  } finally {
    await rm(path, { force: true });
  }
}

/** How a photograph is written. */
export interface PhotoOutput {
  readonly format: OutputFormat;
  /** 1 to 100, of JPEG and WebP; 100 is lossless in WebP. 92 by default. */
  readonly quality?: number | undefined;
  /** EXIF and XMP records of the file, without any picture inside them; kept by default. The colour profile is always kept. */
  readonly metadata?: "keep" | "drop" | undefined;
  /** Texts of a PNG. */
  readonly text?: PngText | undefined;
}

const QUALITY = 92;

/** Whether an alpha channel says anything. */
export function isTransparent(photo: MasterImage): boolean {
  if (photo.channels === 3) return false;
  const white = whiteOf(photo);
  for (let at = 3; at < photo.data.length; at += 4) if (photo.data[at] !== white) return true;
  return false;
}

/** A photograph's file: PNG without loss; JPEG and WebP have 8 bits, and JPEG no alpha. */
export async function encodePhoto(
  photo: Photo,
  { format, quality = QUALITY, metadata = "keep", text }: PhotoOutput,
): Promise<Uint8Array> {
  const { width, height, icc, exif, xmp } = photo;
  const { data, channels } = format === "png" ? photo : narrowed(photo);
  const isDeep = data.BYTES_PER_ELEMENT === 2;
  const image = sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
  const file = await encoder(isDeep ? image.toColourspace("rgb16") : image, format, quality).toBuffer();
  const extras: FileExtras = {
    icc,
    text,
    ...(metadata === "keep" && {
      exif: exif && editedExif(exif, photo),
      xmp: xmp && editedXmp(xmp),
    }),
  };
  return withExtras(file, format, extras);
}

function encoder(image: Sharp, format: OutputFormat, quality: number): Sharp {
  switch (format) {
    case "png":
      return image.png({ compressionLevel: 6 });
    case "jpeg":
      return image.removeAlpha().jpeg({ quality, chromaSubsampling: quality >= 90 ? "4:4:4" : "4:2:0" });
    case "webp":
      return image.webp({ quality, lossless: quality === 100, exact: true });
    default:
      return format satisfies never;
  }
}

/** The picture in 8 bits, rounded. */
function narrowed({ data, width, height, channels }: MasterImage): MasterImage {
  if (data.BYTES_PER_ELEMENT === 1) return { data, width, height, channels };
  return { data: Uint8Array.from(data, (value) => Math.round(value / 257)), width, height, channels };
}
