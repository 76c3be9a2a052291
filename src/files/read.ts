/** Reading files that may have vanished, or become something else, since they were listed. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file",
  EACCES: "no permission to read it",
  EPERM: "no permission to read it",
  EISDIR: "a folder",
  ELOOP: "a link that leads to itself",
  ENXIO: "a socket or pipe",
  ENAMETOOLONG: "a name too long for the file system",
};

/** What keeps a file from being read, in words; undefined for trouble that is not the file's own (no handles left, no memory). */
export function fileProblem(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (["EMFILE", "ENFILE", "ENOMEM"].includes(code)) return undefined;
  return PROBLEMS[code] ?? (error instanceof Error ? error.message : String(error));
}

/**
 * A plain file's bytes. Never waits for a pipe's other end.
 * @param most largest size in bytes
 * @throws Error with what it is where it is no plain file, or is larger
 */
export async function readWholeFile(path: string, most: number): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const info = await file.stat();
    if (info.isDirectory()) throw new Error("a folder");
    if (!info.isFile()) throw new Error("a pipe, socket or device");
    if (info.size > most) throw new Error(`${info.size} bytes, more than ${most}`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}
