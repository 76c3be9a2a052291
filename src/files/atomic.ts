import { open, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { replaceByDraft } from "./draft.ts";
import { makeFolders } from "./folders.ts";
import { FileWriteError, writeErrorMessage } from "./words.ts";

/** What {@link writeFileAtomic} hands to a writer. */
export interface AtomicTarget {
  /** Appends bytes. */
  write(bytes: Uint8Array): Promise<void>;
}

/** Drafts: twelve digits; earlier versions gave those of checkpoints eight. */
const TEMPORARY = /^\..+\.(?:[0-9a-f]{8}|[0-9a-f]{12})\.tmp$/;

/**
 * Writes a file so that its name holds either the old content or the whole new one: into a temporary file beside it, flushed to
 * the disk, then renamed. On any failure the temporary file is removed and the old content stays. Missing folders are
 * made. A pipe or device that lies there is written to as it is.
 * @param content the bytes or text, or a function that writes them piece by piece.
 * @throws FileWriteError naming the path for a full disk, missing rights and the like; whatever the function throws.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array | ((target: AtomicTarget) => Promise<void>),
): Promise<void> {
  if (await isStream(path)) return fill(path, path, "w", content);
  await makeFolders(dirname(path)).catch((error: FileWriteError) => {
    throw new FileWriteError(writeErrorMessage(path, error.cause), { cause: error.cause });
  });
  await system(path, () => replaceByDraft(path, (draft) => fill(path, draft, "wx", content)), "rename");
}

/** Whether a pipe, socket or device lies there, which no file may replace. */
export async function isStream(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  return info !== undefined && !info.isFile() && !info.isDirectory();
}

async function fill(
  path: string,
  place: string,
  flags: "w" | "wx",
  content: string | Uint8Array | ((target: AtomicTarget) => Promise<void>),
): Promise<void> {
  const file = await system(path, () => open(place, flags));
  try {
    if (typeof content === "function") {
      await content({ write: (bytes) => system(path, () => file.writeFile(bytes)) });
    } else {
      await system(path, () => file.writeFile(content));
    }
    if (flags === "wx") await system(path, () => file.sync());
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

/** Runs a file operation; its system error (only of one call, if named) becomes a {@link FileWriteError} in words. */
async function system<T>(path: string, operation: () => Promise<T>, call?: string): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (call !== undefined && !(error instanceof Error && "syscall" in error && error.syscall === call)) throw error;
    throw new FileWriteError(writeErrorMessage(path, error), { cause: error });
  }
}
