// Places every script shares. Dependency-free: this runs before anything is installed.
import { realpathSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const cacheDir = join(root, ".cache");

/** Ends the process with a plain sentence when Node is older than 20.19. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`flexvar: expected Node 20.19 or newer, got ${process.versions.node}`);
  process.exit(1);
}

/** True when the module at `moduleUrl` is the script Node was asked to run. */
export function isMain(moduleUrl) {
  return process.argv[1] !== undefined && fileURLToPath(moduleUrl) === realpathSync(process.argv[1]);
}

/** Paths of all files in a folder and below it, relative to `from`. */
export async function filesUnder(folder, from = folder) {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((f) => f.isFile()).map((f) => relative(from, join(f.parentPath, f.name)));
}

/** Whether packages are installed, by what of them can be imported. */
export function areInstalled(...names) {
  const { resolve } = createRequire(import.meta.url);
  try {
    for (const name of names) resolve(name);
    return true;
  } catch {
    return false;
  }
}
