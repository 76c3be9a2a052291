/** What a file or a folder holds, as one number. */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { relative } from "node:path";
import { filesBelow } from "../data/index.ts";
import { fileDigest } from "../files/index.ts";

/**
 * SHA-256 in hexadecimal: of a file's bytes; of a folder, over the path and the SHA-256 of each file below it, sorted by path,
 * hidden files and other litter left out.
 * @throws Error naming a file that cannot be read
 */
export async function contentDigest(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) return fileDigest(path);
  const files = await filesBelow(path);
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${relative(path, file)}\0${await fileDigest(file)}\0`);
  return hash.digest("hex");
}
