/** What the file system says, in words. Uses nothing of Node by import, so that every platform may ask. */
import { ExpectedError } from "../errors/index.ts";

const READING: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file",
  EACCES: "no permission to read it",
  EPERM: "no permission to read it",
  EISDIR: "a folder",
  ELOOP: "a link that leads to itself",
  ENXIO: "a socket or pipe",
  ENAMETOOLONG: "a name too long for the file system",
  EIO: "a file that the system cannot read",
  EINVAL: "a file that the system cannot read",
};

const WRITING: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EACCES: "no permission to write there",
  EPERM: "no permission to write there",
  EROFS: "the file system is read-only",
  EISDIR: "a folder has this name",
  ENOTDIR: "part of the path is a file, not a folder",
  EEXIST: "part of the path is a file, not a folder",
  ENOTEMPTY: "a folder with files in it has this name",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "there is no such folder",
  ELOOP: "a link leads to itself",
  EBUSY: "another program uses it",
  EIO: "the system cannot write there",
  EFBIG: "the file system takes no file as large",
};

/** Of the whole process rather than of one file. */
const TROUBLE: Readonly<Record<string, string>> = {
  EMFILE: "too many files are open in this process",
  ENFILE: "too many files are open on this machine",
  ENOMEM: "there is no memory left",
};

/** An error as Node's file functions throw it. */
interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly path?: string;
  readonly dest?: string;
}

const isSystemError = (error: unknown): error is SystemError =>
  error instanceof Error && "code" in error && "syscall" in error && typeof error.code === "string";

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What keeps a file from being read, in words; undefined for trouble that is not the file's own (no handles left, no memory). */
export function fileProblem(error: unknown): string | undefined {
  const code = codeOf(error);
  if (code in TROUBLE) return undefined;
  if (code === "ENOENT" && isSystemError(error) && isLink(error.path)) return "a link to nothing";
  return READING[code] ?? messageOf(error);
}

/** The same where there must be a sentence. */
export const readProblem = (error: unknown): string => fileProblem(error) ?? TROUBLE[codeOf(error)]!;

/** The reason of a failed write in words. */
export function writeProblem(error: unknown): string {
  const code = codeOf(error);
  return WRITING[code] ?? TROUBLE[code] ?? messageOf(error);
}

/** The reason of a failed write in words, naming the path. */
export const writeErrorMessage = (path: string, error: unknown): string =>
  `${path}: could not be written: ${writeProblem(error)}`;

const READS = new Set([
  "open",
  "read",
  "stat",
  "lstat",
  "fstat",
  "scandir",
  "opendir",
  "access",
  "readlink",
  "realpath",
]);

/** An error of the file system as people read it, naming the path; undefined for every other error. */
export function systemErrorMessage(error: unknown): string | undefined {
  if (!isSystemError(error) || !(error.code in READING || error.code in WRITING || error.code in TROUBLE))
    return undefined;
  const path = error.dest ?? error.path ?? "a file";
  if (error.code in TROUBLE) return `${path}: expected to open it, got trouble of another kind: ${TROUBLE[error.code]}`;
  if (READS.has(error.syscall) && error.code in READING)
    return `${path}: expected something that can be read, got ${fileProblem(error)}`;
  return writeErrorMessage(path, error);
}

/** Whether a link lies there, whatever it leads to. */
function isLink(path: string | undefined): boolean {
  const builtin = typeof process === "undefined" ? undefined : process.getBuiltinModule;
  const info = path === undefined ? undefined : builtin?.("node:fs").lstatSync(path, { throwIfNoEntry: false });
  return info?.isSymbolicLink() === true;
}

/** The size of a file: `810 bytes`, `1.5 MB`, `1.2 GB`; decimal. */
export function sizeText(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB"];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** A text on one line of a terminal: what would move the cursor is shown as `\\n`, `\\x1b` and the like. */
export function oneLine(text: string): string {
  const escapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  return text.replace(
    /[\p{Cc}\u2028\u2029]/gu,
    (c) => escapes[c] ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** A file or folder that could not be written, with the reason in words. */
export class FileWriteError extends ExpectedError {
  override readonly name = "FileWriteError";
}
