/**
 * The only error the checkpoint readers and writers raise for bad input or a failed write.
 * The message reads `where: expected X, got Y`; `where` is the file (and the record or tensor inside it).
 */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
  /** File, and the part of it, that the message speaks of. */
  readonly where: string;

  constructor(where: string, expected: string, got: string, options?: ErrorOptions) {
    super(`${where}: expected ${expected}, got ${got}`, options);
    this.where = where;
  }
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
