/** What made a picture or a number: which model, which state of the program. */
import { createHash, type Hash } from "node:crypto";
import { open, readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../files/index.ts";
import { CONFIG_FILE, TOKENIZER_FILE, TRANSFORMER_FILE } from "../pretrained/index.ts";

const BLOCKS = 64;
const BLOCK_BYTES = 1 << 16;
/** Hex digits kept: 64 bits. */
const DIGITS = 16;

/**
 * A short name for a model folder's content: SHA-256 over `config.json` and, of each weights file, its size and 64 blocks
 * of 64 KiB spread evenly from its first byte to its last (all of it up to 4 MiB). Training changes every tensor, so two
 * models that were trained apart differ; a few milliseconds whatever the size.
 */
export async function modelHash(folder: string): Promise<string> {
  const hash = createHash("sha256");
  hash.update(await readFile(join(folder, CONFIG_FILE)));
  for (const name of [TOKENIZER_FILE, TRANSFORMER_FILE]) await hashFile(hash, name, join(folder, name));
  return hash.digest("hex").slice(0, DIGITS);
}

async function hashFile(hash: Hash, name: string, path: string): Promise<void> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (file === undefined) return;
  try {
    const { size } = await file.stat();
    hash.update(`\0${name}\0${size}\0`);
    const whole = size <= BLOCKS * BLOCK_BYTES;
    const length = whole ? size : BLOCK_BYTES;
    for (let i = 0; i < (whole ? 1 : BLOCKS); i++) {
      const offset = whole ? 0 : Math.floor((i * (size - length)) / (BLOCKS - 1));
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

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
