/** A hash of the program itself. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../files/index.ts";

/** Programs, tests apart: compiled, or sources. */
const PROGRAM = /(?<!\.test|\.d)\.(js|mjs|ts)$/;

/**
 * SHA-256 over the program's own files, in hexadecimal: what was computed by one state of the code is told apart from what another
 * computed.
 */
export async function codeDigest(): Promise<string> {
  const root = packageRoot();
  const own = relative(root, dirname(fileURLToPath(import.meta.url))).split(/[\\/]/)[0]!;
  const folder = join(root, own);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && PROGRAM.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${relative(folder, file)}\0`).update(await readFile(file));
  return hash.digest("hex");
}
