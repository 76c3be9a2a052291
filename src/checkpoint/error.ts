/**
 * The only error the checkpoint readers and writers raise for bad input or a failed write.
 * The message reads `where: expected X, got Y`; `where` is the file (and the record or tensor inside it).
 */
import { FileError } from "../errors/index.ts";
export class CheckpointError extends FileError {
  override readonly name = "CheckpointError";
}

const longest = 120;

/** A value from an untrusted file as a short, printable piece of an error message. */
export function quote(text: string): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return JSON.stringify(cut);
}

/** The message of whatever was thrown. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
