import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { type Dataset, DatasetError } from "./dataset.ts";
import type { DecodeOptions } from "./decode.ts";
import { isPictureName, openClassFolders, openImageNet, openPlainFolder } from "./folder.ts";
import { type NpzSplit, openNpzDataset } from "./npz.ts";
import { openParquet } from "./parquet.ts";
import { openWebDataset } from "./webdataset.ts";

/** The forms a data set may have on disk. */
export const dataFormats = ["npz", "class-folders", "imagenet", "plain-folder", "parquet", "webdataset"] as const;
export type DataFormat = (typeof dataFormats)[number];

/** How a data set of any form is opened. */
export interface OpenOptions extends DecodeOptions {
  /** Default: found out from the files. */
  readonly format?: DataFormat;
  /** For forms with a split of their own (`.npz`, ImageNet). Default "train". */
  readonly split?: NpzSplit;
}

/**
 * Opens a data set: an `.npz`, `.parquet` or `.tar` file, or a folder of these, of class folders, of pictures, or in
 * ImageNet's layout.
 * @throws DatasetError when the path holds none of them
 */
export async function openDataset(path: string, options: OpenOptions = {}): Promise<Dataset> {
  const format = options.format ?? (await detectDataFormat(path));
  switch (format) {
    case "npz":
      return openNpzDataset(await onlyFile(path, ".npz"), { split: options.split ?? "train" });
    case "class-folders":
      return openClassFolders(path, options);
    case "plain-folder":
      return openPlainFolder(path, options);
    case "imagenet":
      return openImageNet(path, options.split === "held-out" ? "val" : "train", options);
    case "parquet":
      return openParquet(await filesOf(path, ".parquet"), options);
    case "webdataset":
      return openWebDataset(await filesOf(path, ".tar"), options);
    default:
      return format satisfies never;
  }
}

/** The form of a file or folder. @throws DatasetError when it has none of the known ones */
export async function detectDataFormat(path: string): Promise<DataFormat> {
  const info = await stat(path).catch(() => undefined);
  if (!info) throw new DatasetError(`${path}: expected a file or folder, got nothing`);
  if (!info.isDirectory()) {
    const byFile = formatOfFile(path);
    if (byFile) return byFile;
    throw new DatasetError(
      `${path}: expected .npz, .parquet, .tar or a folder, got ${extname(path) || "another file"}`,
    );
  }
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries.map((entry) => entry.name);
  const inside = names.map(formatOfFile).find((format) => format !== undefined);
  if (inside) return inside;
  const split = names.includes("train") ? "train" : "val";
  const deeper = names.includes(split) ? await readdir(join(path, split)).catch(() => []) : [];
  if (deeper.some((name) => /^n\d{8}$/.test(name))) return "imagenet";
  if (names.some(isPictureName)) return "plain-folder";
  if (entries.some((entry) => entry.isDirectory() || entry.isSymbolicLink())) return "class-folders";
  throw new DatasetError(`${path}: expected pictures, class folders, .npz, .parquet or .tar files, got none of them`);
}

function formatOfFile(name: string): DataFormat | undefined {
  switch (extname(name).toLowerCase()) {
    case ".npz":
      return "npz";
    case ".parquet":
      return "parquet";
    case ".tar":
      return "webdataset";
    default:
      return undefined;
  }
}

/** The file itself, or a folder's files with this extension, sorted. */
async function filesOf(path: string, extension: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => extname(name).toLowerCase() === extension).sort();
  if (names.length === 0) throw new DatasetError(`${path}: expected ${extension} files, got none`);
  return names.map((name) => join(path, name));
}

/** The file itself, or the one of a folder with this extension. */
export async function onlyFile(path: string, extension: string): Promise<string> {
  const files = await filesOf(path, extension);
  if (files.length !== 1) throw new DatasetError(`${path}: expected one ${extension} file, got ${files.length}`);
  return files[0]!;
}
