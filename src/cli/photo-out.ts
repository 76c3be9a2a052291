/** How an edited photograph is written: format, quality, name and records. */
import { stat } from "node:fs/promises";
import { basename, dirname, extname } from "node:path";
import { type Command, Option } from "commander";
import type { EditMask } from "../editing/index.ts";
import { isOpaque, OUTPUT_FORMATS, type OutputFormat, type RgbaImage } from "../image/index.ts";
import { losesAsPlain, type PictureFile, photoFacts } from "../image/node.ts";
import type { PhotoTarget } from "../pipelines/node.ts";
import { UsageError } from "./errors.ts";
import { wholeNumber } from "./flags.ts";

/** Photographs' files of a run. */
export interface PhotoOut {
  readonly target: PhotoTarget;
  /** Of the only picture, where `--out` names a file. */
  readonly name?: string | undefined;
}

export interface PhotoFlags {
  readonly out: string;
  readonly format?: OutputFormat;
  readonly quality?: number;
  readonly metadata?: boolean | string;
}

const EXTENSIONS: Readonly<Record<string, OutputFormat>> = {
  ".png": "png",
  ".jpg": "jpeg",
  ".jpeg": "jpeg",
  ".webp": "webp",
};

export const extensionOf = (format: OutputFormat): string => (format === "jpeg" ? "jpg" : format);

/** Adds `--format`, `--quality` and `--metadata`. */
export const addPhotoFlags = (command: Command): Command =>
  command
    .addOption(
      new Option(
        "--format <png|jpeg|webp>",
        "of the pictures' files; as --out is called where it names a file, else png, which loses nothing",
      ).choices(OUTPUT_FORMATS),
    )
    .option(
      "--quality <N>",
      "of jpeg and webp, 1 to 100; 92 by default; 100 loses nothing in webp",
      wholeNumber("quality", 1, 100),
    )
    .addOption(
      new Option(
        "--metadata <keep|drop>",
        "the photograph's own EXIF and XMP records, kept by default; a thumbnail in them and the maker's block are always dropped",
      ).choices(["keep", "drop"]),
    );

/** Where the pictures go: a folder, or one file in it, and its format. @throws UsageError where the flags contradict each other */
export async function photoPlace(flags: PhotoFlags): Promise<{
  readonly folder: string;
  readonly name?: string;
  readonly format: OutputFormat;
}> {
  const { out, quality } = flags;
  const named = EXTENSIONS[extname(out).toLowerCase()];
  const isFile = named !== undefined && !(await isFolder(out));
  const format = flags.format ?? (isFile ? named : "png");
  if (isFile && format !== named)
    throw new UsageError(`--format: expected ${named}, as --out is called, or none, got ${format}`);
  if (quality !== undefined && format === "png")
    throw new UsageError(`--quality: expected --format jpeg or webp with it, got png, which loses nothing`);
  return isFile ? { folder: dirname(out), name: basename(out), format } : { folder: out, format };
}

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() === true;

/** Longest side of a WebP picture (RFC 9649). */
const WEBP_SIDE = 16_383;

/**
 * How the edit of a photograph is written; nothing where a plain PNG of the pictures says all.
 * @param isCropped whether a part of it alone is worked on; @param mask of an in-painting
 */
export async function photoOut(
  source: PictureFile,
  {
    image,
    mask,
    isCropped,
  }: { readonly image: RgbaImage; readonly mask: EditMask | undefined; readonly isCropped: boolean },
  flags: PhotoFlags,
  { name, format }: { readonly name?: string; readonly format: OutputFormat },
): Promise<{ readonly photo?: PhotoOut; readonly notes: readonly string[] }> {
  if (format === "jpeg" && !isOpaque(image))
    throw new UsageError("--format: expected png or webp for a picture with transparent parts, got jpeg");
  if (format === "webp" && Math.max(image.width, image.height) > WEBP_SIDE)
    throw new UsageError(`--format: expected png or jpeg for more than ${WEBP_SIDE} pixels a side, got webp`);
  const facts = await photoFacts(source);
  const metadata = flags.metadata === false || flags.metadata === "drop" ? "drop" : "keep";
  const isPhoto = mask !== undefined && (losesAsPlain(facts, metadata) || isCropped);
  if (!isPhoto && format === "png" && name === undefined) return { notes: [] };
  const target: PhotoTarget = { source, mask, format, quality: flags.quality, metadata };
  return {
    photo: { target, name },
    notes: facts.converted === undefined ? [] : [`${source.where}: ${facts.converted}`],
  };
}
