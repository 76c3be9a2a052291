/** What a file or a folder holds, as one number. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";

/**
 * SHA-256 in hexadecimal: of a file's bytes; of a folder, over the path and the SHA-256 of each file below it, sorted by path,
 * hidden files left out.
 */
export async function contentDigest(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) return fileDigest(path);
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${relative(path, file)}\0${await fileDigest(file)}\0`);
  return hash.digest("hex");
}

async function fileDigest(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
  return hash.digest("hex");
}
