/** Where results are written. */
import { randomBytes } from "node:crypto";
import { readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import {
  FileWriteError,
  isStream,
  makeFolders,
  notAFolder,
  temporaryName,
  writeErrorMessage,
  writeFileAtomic,
} from "../files/index.ts";
import { encodePng, type PngText, type RgbaImage, type RgbImage } from "../image/index.ts";

/**
 * Finds out, without making anything, whether a folder can be made or written to: the folder itself, or the nearest one above it
 * that is there, takes a file. @throws FileWriteError naming it
 */
export async function expectFolder(folder: string): Promise<void> {
  for (let place = resolve(folder); ; place = dirname(place)) {
    try {
      if (!(await stat(place)).isDirectory()) throw Object.assign(new Error("a file"), { code: "ENOTDIR" });
      return await probe(place);
    } catch (error) {
      const isNothing = error instanceof Error && "syscall" in error && "code" in error && error.code === "ENOENT";
      const isProbe = isNothing && error.syscall !== "stat";
      if (isNothing && !isProbe && place !== dirname(place)) continue;
      throw notAFolder(folder, error);
    }
  }
}

/**
 * Makes a folder and sees whether it can be written to, before the work starts: a wrong `--out` costs nothing.
 * @throws FileWriteError naming it
 */
export async function makeFolder(folder: string): Promise<void> {
  await makeFolders(folder);
  try {
    await probe(folder);
  } catch (error) {
    throw notAFolder(folder, error);
  }
}

/** Writes an empty file of another name, and removes it. */
async function probe(folder: string): Promise<void> {
  const path = join(folder, temporaryName("probe", randomBytes(6).toString("hex")));
  try {
    await writeFile(path, "", { flag: "wx" });
  } finally {
    await rm(path, { force: true });
  }
}

/** Finds out before the work starts whether files can be written. @throws FileWriteError naming the first that cannot */
export async function expectWritable(...files: readonly (string | undefined)[]): Promise<void> {
  for (const file of files) {
    if (file === undefined || (await isStream(file))) continue;
    await makeFolder(dirname(file));
    // What the last step of writing will meet: a folder of this name, a name that is too long.
    const there = await stat(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw new FileWriteError(writeErrorMessage(file, error), { cause: error });
    });
    if (there?.isDirectory()) throw new FileWriteError(`${file}: could not be written: a folder has this name`);
  }
}

/** Contact sheet of a run, in its folder. */
export const SHEET = join("sheet", "sheet.png");

/** Writes a run's pictures, each whole or not at all, and keeps the list of its files. */
export function pictureFiles(out: string) {
  const files: string[] = [];
  const writeBytes = async (name: string, bytes: Uint8Array): Promise<string> => {
    const path = join(out, name);
    // In the order of the calls, which may overlap.
    files.push(path);
    await writeFileAtomic(path, bytes);
    return path;
  };
  const write = (name: string, image: RgbImage | RgbaImage, text: PngText = {}): Promise<string> =>
    writeBytes(name, encodePng(image, text));
  return { files, write, writeBytes };
}

/** One class a row, unless there is one class or one picture of each. */
export function sheetColumns(classes: number, count: number): { columns?: number } {
  return classes > 1 && count > 1 ? { columns: count } : {};
}

/** `000.png`, `001.png`, …: as many digits as the last needs, at least three. */
export function pictureName(index: number, total: number, extension = "png"): string {
  return `${numbered(index, total)}.${extension}`;
}

/** `000_04.png`: picture 0, scale 4. */
export function scaleName(index: number, total: number, scale: number): string {
  return `${numbered(index, total)}_${String(scale).padStart(2, "0")}.png`;
}

function numbered(index: number, total: number): string {
  return String(index).padStart(Math.max(3, String(total - 1).length), "0");
}

/** Numbered pictures in a folder that this run of `total` did not write. */
export async function olderPictures(folder: string, total: number, extension?: string): Promise<string[]> {
  const own = new Set(Array.from({ length: total }, (_, i) => pictureName(i, total, extension)));
  return (await readdir(folder)).filter((name) => /^\d{3,}\.(?:png|jpg|webp)$/.test(name) && !own.has(name)).sort();
}
