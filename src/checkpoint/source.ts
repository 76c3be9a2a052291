import { CheckpointError } from "./error.ts";

/** Random access to bytes: a file, or memory. The readers know nothing else, so they run in browsers too. */
export interface ByteSource {
  /** Name for messages. */
  readonly name: string;
  /** Total bytes. */
  readonly size: number;
  /** Path, when the bytes are those of a file. */
  readonly path?: string;
  /** Exactly `length` bytes from `offset`; a `CheckpointError` when they are not there. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** What the writers write to: appends, and may go back to fill in bytes written before. */
export interface ByteSink {
  /** Bytes appended so far. */
  readonly position: number;
  write(bytes: Uint8Array): Promise<void>;
  /** Overwrites bytes that were appended earlier. */
  patch(offset: number, bytes: Uint8Array): Promise<void>;
}

/** What `use` makes of something open, which is closed where that fails. */
export async function orClose<F extends Pick<ByteSource, "close">, T>(
  file: F,
  use: (file: F) => T | Promise<T>,
): Promise<T> {
  try {
    return await use(file);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Refuses a range that is not wholly inside the source. */
export function checkRange(source: { name: string; size: number }, offset: number, length: number): void {
  const sane = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!sane || offset + length > source.size) {
    throw new CheckpointError(source.name, `bytes ${offset}..${offset + length}`, `a file of ${source.size} bytes`);
  }
}

/** A source over bytes in memory; reads are views, not copies. */
export function bytesSource(bytes: Uint8Array, name = "bytes"): ByteSource {
  const source = { name, size: bytes.byteLength };
  return {
    ...source,
    async read(offset, length) {
      checkRange(source, offset, length);
      return bytes.subarray(offset, offset + length);
    },
    async close() {},
  };
}

/** Reads a range piece by piece, for checks that need not hold it whole. */
export async function* readChunks(
  source: ByteSource,
  offset: number,
  length: number,
  chunk = 4 << 20,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < length; at += chunk) yield await source.read(offset + at, Math.min(chunk, length - at));
}
