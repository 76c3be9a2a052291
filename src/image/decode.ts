/** Decoding files that anyone may have written: the one way from bytes to sharp, for server, commands and trainer. */

import sharp, { type Metadata, type Sharp } from "sharp";
import { FileError } from "../errors/index.ts";
import { foreignFormat, PICTURE_FORMATS, type PictureFormat, pictureFormat } from "./format.ts";
import { MAX_IMAGE_SIDE } from "./pixels.ts";
import { createSlots } from "./slots.ts";
import { excessOf, withoutTexts } from "./structure.ts";

/** Largest area of a picture that is opened by default, in pixels. */
export const MAX_IMAGE_PIXELS = 100_000_000;

/** What the decoding of one picture may take. */
export interface DecodeLimits {
  /** Pixels of a side. */
  readonly side?: number;
  /** Pixels in all. */
  readonly pixels?: number;
  /** From its turn on: pictures that wait for one are not counted. */
  readonly seconds?: number;
  /** Drops a picture that waits for its turn. */
  readonly signal?: AbortSignal | undefined;
}

const MAX_SECONDS = 60;

/** Why a picture was not decoded. */
export type ImageFault = "format" | "size" | "parts" | "time" | "damage";

/** A picture that cannot be opened, with the reason in words. */
export class ImageError extends FileError {
  override readonly name = "ImageError";
  readonly fault: ImageFault;

  constructor(where: string, fault: ImageFault, expected: string, got: string, options?: ErrorOptions) {
    super(where, expected, got, { isQuoted: fault === "format" || fault === "damage", ...options });
    this.fault = fault;
  }
}

/**
 * Sharp decodes on the threads of the platform's pool, which files and networks wait for too: one of them stays free. A picture that
 * takes too long keeps its slot until it ends, for a decoder at work is not to be stopped.
 */
const slots = createSlots(Math.max(1, (Number(process.env.UV_THREADPOOL_SIZE) || 4) - 1));

/** Pictures that wait for their turn. */
export const waitingPictures = (): number => slots.waiting;

/** How sharp calls the formats. */
const SHARP_NAMES: Readonly<Record<PictureFormat, string>> = {
  PNG: "png",
  JPEG: "jpeg",
  WebP: "webp",
  GIF: "gif",
  AVIF: "heif",
  TIFF: "tiff",
};

/**
 * Decodes a picture within limits. Its first bytes must be of one of {@link PICTURE_FORMATS}, whatever it is called; frames, pages,
 * scans and pixels are bounded before a decoder starts; a few pictures are decoded at once, the others wait for their turn.
 * @param where names the picture in errors.
 * @param work what to make of the opened picture: its first frame, damage being an error; `reopen` gives it once more, its colour profile ignored or not.
 * @throws ImageError; the signal's reason when it aborts before the picture's turn.
 */
export async function decodeWithin<T>(
  bytes: Uint8Array,
  where: string,
  limits: DecodeLimits,
  work: (image: Sharp, metadata: Metadata, reopen: (ignoreIcc: boolean) => Sharp) => Promise<T>,
): Promise<T> {
  const { signal, seconds = MAX_SECONDS } = limits;
  const format = pictureFormat(bytes);
  if (format === undefined)
    throw new ImageError(where, "format", "a readable picture", `${foreignFormat(bytes)} (${READ})`);
  const excess = excessOf(bytes, format);
  if (excess !== undefined)
    throw new ImageError(where, "parts", `a picture of at most ${excess.most} ${excess.what}`, "more");
  const readable = format === "PNG" ? withoutTexts(bytes) : bytes;
  const open = (limitInputPixels: number | false, ignoreIcc = false) =>
    sharp(readable, { limitInputPixels, ignoreIcc, failOn: "error", page: 0, pages: 1 }).timeout({
      seconds: Math.ceil(Math.min(seconds, 3600)),
    });
  const decode = async (): Promise<T> => {
    try {
      const metadata = await open(false).metadata();
      if (metadata.format !== SHARP_NAMES[format])
        throw new Error(`a ${metadata.format} file that begins as ${format}`);
      checkSize(metadata, where, limits);
      const reopen = (ignoreIcc = false): Sharp => open(limits.pixels ?? MAX_IMAGE_PIXELS, ignoreIcc);
      return await work(reopen(), metadata, reopen);
    } catch (error) {
      if (error instanceof ImageError) throw error;
      throw new ImageError(where, "damage", "a readable picture", shortReason(error), { cause: error });
    }
  };
  const late = (): ImageError =>
    new ImageError(where, "time", `a picture that is decoded within ${seconds} s`, "a slower one");
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      const decodeInTime = (): Promise<T> => {
        timer = setTimeout(() => reject(late()), seconds * 1000);
        return decode();
      };
      slots.run(decodeInTime, signal).then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
  }
}

const READ = `${PICTURE_FORMATS.slice(0, -1).join(", ")} and ${PICTURE_FORMATS.at(-1)} are read`;

/** @throws ImageError for a size beyond the limits. */
export function checkSize(
  { width, height }: { readonly width: number; readonly height: number },
  where: string,
  { side = MAX_IMAGE_SIDE, pixels = MAX_IMAGE_PIXELS }: DecodeLimits,
): void {
  if (width <= side && height <= side && width * height <= pixels) return;
  const most = `at most ${side} pixels a side and ${pixels / 1e6} megapixels`;
  throw new ImageError(where, "size", most, `${width}x${height}`);
}

function shortReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.split("\n", 1)[0]!.slice(0, 300).trimEnd();
  return line.endsWith(":") ? line.slice(0, -1) : line;
}
