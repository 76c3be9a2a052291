import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** A file that could not be written, with the reason in words. */
export class FileWriteError extends Error {
  override readonly name = "FileWriteError";
}

/** What {@link writeFileAtomic} hands to a writer. */
export interface AtomicTarget {
  /** Appends bytes. */
  write(bytes: Uint8Array): Promise<void>;
}

/** Temporary files of this module, and of the checkpoint writers (eight digits). */
const TEMPORARY = /^\..+\.(?:[0-9a-f]{8}|[0-9a-f]{12})\.tmp$/;

/**
 * Writes a file so that its name holds either the old content or the whole new one: into a temporary file beside it, flushed to
 * the disk, then renamed. On any failure the temporary file is removed and the old content stays. Missing folders are
 * made.
 * @param content the bytes or text, or a function that writes them piece by piece.
 * @throws FileWriteError naming the path for a full disk, missing rights and the like; whatever the function throws.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array | ((target: AtomicTarget) => Promise<void>),
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    await system(path, () => mkdir(folder, { recursive: true }));
    await fill(path, temporary, content);
    await system(path, () => rename(temporary, path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function fill(
  path: string,
  temporary: string,
  content: string | Uint8Array | ((target: AtomicTarget) => Promise<void>),
): Promise<void> {
  const file = await system(path, () => open(temporary, "wx"));
  try {
    if (typeof content === "function") {
      await content({ write: (bytes) => system(path, () => file.writeFile(bytes)) });
    } else {
      await system(path, () => file.writeFile(content));
    }
    await system(path, () => file.sync());
  } finally {
    await file.close();
  }
}

/** Removes temporary files that killed runs left in a folder; those younger than `olderThanMs` stay. Returns their number. */
export async function removeLeftovers(folder: string, olderThanMs = 3_600_000): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  let removed = 0;
  for (const name of names) {
    if (!TEMPORARY.test(name)) continue;
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    // Times of files are finer than the clock's, and other machines' clocks differ: with 0 age does not count.
    if (!info || (olderThanMs > 0 && Date.now() - info.mtimeMs < olderThanMs)) continue;
    await rm(path, { force: true });
    removed++;
  }
  return removed;
}

/** Runs a file operation; its system error becomes a {@link FileWriteError} in words. */
async function system<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw new FileWriteError(writeErrorMessage(path, error), { cause: error });
  }
}

/** The reason of a failed write in words, naming the path. */
export function writeErrorMessage(path: string, error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reasons: Readonly<Record<string, string>> = {
    ENOSPC: "the disk is full",
    EDQUOT: "the disk quota is used up",
    EACCES: "no permission to write there",
    EPERM: "no permission to write there",
    EROFS: "the file system is read-only",
    EISDIR: "a folder has this name",
    ENOTDIR: "part of the path is a file, not a folder",
    EEXIST: "part of the path is a file, not a folder",
    ENAMETOOLONG: "the name is too long",
  };
  return `${path}: could not be written: ${reasons[code] ?? (error instanceof Error ? error.message : String(error))}`;
}
