import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { fileProblem } from "./words.ts";

/**
 * SHA-256 of a file's bytes, in hexadecimal.
 * @throws Error naming a file that cannot be read
 */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
  } catch (error) {
    throw new Error(`${path}: expected a readable file, got ${fileProblem(error) ?? String(error)}`, { cause: error });
  }
  return hash.digest("hex");
}
