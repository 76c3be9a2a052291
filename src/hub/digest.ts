/** The two hashes that the hub gives of a file: SHA-256 of large ones, git's SHA-1 of small ones. */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";

/** What a file must be: its size in bytes and its hash, in hexadecimal. The length of the hash says which it is. */
export interface FileIdentity {
  readonly size: number;
  readonly digest: string;
}

export const digestName = (digest: string): string => (digest.length === 64 ? "SHA-256" : "git SHA-1");

/** A hash that is fed the file's bytes; git's counts a header with the size before them. */
export function startDigest({ digest, size }: FileIdentity): Hash {
  return digest.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
}

/** Feeds a file's bytes to a hash. Returns their number. */
export async function feedFile(hash: Hash, path: string, signal?: AbortSignal): Promise<number> {
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    signal?.throwIfAborted();
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return bytes;
}

/** Whether a file is what it must be. */
export async function isIntact(path: string, file: FileIdentity, signal?: AbortSignal): Promise<boolean> {
  const hash = startDigest(file);
  const bytes = await feedFile(hash, path, signal);
  return bytes === file.size && hash.digest("hex") === file.digest;
}
