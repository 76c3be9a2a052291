/** Reading files that may have vanished, or become something else, since they were listed. */

import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { FileError } from "../errors/index.ts";
import { fileProblem, readProblem } from "./words.ts";

/** Reading that never waits for a pipe's other end. */
const READING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** A file's first bytes, at most `most`; undefined where they cannot be read. Never waits for a pipe's other end. */
export async function readHead(path: string, most: number): Promise<Buffer | undefined> {
  const file = await open(path, READING).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(most), 0, most, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

/**
 * A plain file's bytes. Never waits for a pipe's other end.
 * @param most largest size in bytes
 * @throws Error with what it is where it is no plain file, or is larger
 */
export async function readWholeFile(path: string, most: number): Promise<Buffer> {
  const file = await open(path, READING);
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

/**
 * A file's or pipe's bytes, to its end.
 * @param what what the file should be, for the message
 * @throws Error `PATH: expected a readable WHAT, got …`
 */
export async function readInput(path: string, what = "file"): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new FileError(path, `a readable ${what}`, readProblem(error), { cause: error });
  }
}

/**
 * SHA-256 of a file's bytes, in hexadecimal.
 * @throws Error naming a file that cannot be read
 */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
  } catch (error) {
    throw new FileError(path, "a readable file", fileProblem(error) ?? String(error), { cause: error });
  }
  return hash.digest("hex");
}
