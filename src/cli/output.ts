/** Where results are written. */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeErrorMessage, writeFileAtomic } from "../files/index.ts";
import { encodePng, type PngText, type RgbImage } from "../image/index.ts";

/** Makes a folder before the work starts, so that a wrong `--out` costs nothing. @throws Error naming it. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new Error(
      writeErrorMessage(folder, error).replace("could not be written", "expected a folder to write into, got"),
      {
        cause: error,
      },
    );
  });
}

/** Makes the folder that a file will lie in. */
export const makeParent = (file: string): Promise<void> => makeFolder(dirname(file));

/** Finds out before the work starts whether files can be written. @throws Error naming the first that cannot */
export async function expectWritable(...files: readonly (string | undefined)[]): Promise<void> {
  for (const file of files) {
    if (file === undefined) continue;
    await makeParent(file);
    const probe = `${file}.${process.pid}.tmp`;
    try {
      await writeFile(probe, "");
    } catch (error) {
      throw new Error(writeErrorMessage(file, error), { cause: error });
    } finally {
      await rm(probe, { force: true });
    }
  }
}

/** Contact sheet of a run, in its folder. */
export const SHEET = join("sheet", "sheet.png");

/** Writes a run's pictures, each whole or not at all, and keeps the list of its files. */
export function pictureFiles(out: string) {
  const files: string[] = [];
  const write = async (name: string, image: RgbImage, text: PngText = {}): Promise<string> => {
    const path = join(out, name);
    await writeFileAtomic(path, encodePng(image, text));
    files.push(path);
    return path;
  };
  return { files, write };
}

/** One class a row, unless there is one class or one picture of each. */
export function sheetColumns(classes: number, count: number): { columns?: number } {
  return classes > 1 && count > 1 ? { columns: count } : {};
}

/** `000.png`, `001.png`, …: as many digits as the last needs, at least three. */
export function pictureName(index: number, total: number): string {
  return `${numbered(index, total)}.png`;
}

/** `000_04.png`: picture 0, scale 4. */
export function scaleName(index: number, total: number, scale: number): string {
  return `${numbered(index, total)}_${String(scale).padStart(2, "0")}.png`;
}

function numbered(index: number, total: number): string {
  return String(index).padStart(Math.max(3, String(total - 1).length), "0");
}

/** Numbered pictures in a folder that this run of `total` did not write. */
export async function olderPictures(folder: string, total: number): Promise<string[]> {
  const own = new Set(Array.from({ length: total }, (_, i) => pictureName(i, total)));
  return (await readdir(folder)).filter((name) => /^\d{3,}\.png$/.test(name) && !own.has(name)).sort();
}
