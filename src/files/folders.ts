import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { FileWriteError, writeProblem } from "./words.ts";

/**
 * Makes a folder and those above it that are missing. (Node's own recursive `mkdir` never returns where a file system, such as
 * `/proc`, answers that there is no such folder.)
 * @throws FileWriteError `FOLDER: expected a folder to write into, got: …`
 */
export async function makeFolders(folder: string): Promise<void> {
  try {
    await make(resolve(folder));
  } catch (error) {
    throw notAFolder(folder, error);
  }
}

/** The error for a folder that cannot be written into, with the reason in words. */
export const notAFolder = (folder: string, error: unknown): FileWriteError =>
  new FileWriteError(`${folder}: expected a folder to write into, got: ${writeProblem(error)}`, { cause: error });

async function make(place: string): Promise<void> {
  try {
    await mkdir(place);
  } catch (error) {
    if (await isFolder(place)) return;
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!isMissing) throw error;
    const above = dirname(place);
    // Another process may have made the one above in the meantime: a second try tells.
    if (!(await isFolder(above))) await make(above);
    await mkdir(place).catch(async (again: unknown) => {
      if (!(await isFolder(place))) throw again;
    });
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
