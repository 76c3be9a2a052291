/** Where this program's own things lie: the package, its compiled workers, what it can compute again. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ExpectedError } from "../errors/index.ts";

/** The folder with this package's `package.json`, whether it runs from sources or compiled. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new ExpectedError(`flexvar: expected a package.json above ${import.meta.url}, got none`);
    folder = parent;
  }
  return folder;
}

/**
 * The compiled program of another process, `NAME.worker.ts` in the sources; undefined where flexvar runs from sources: a process cannot load
 * TypeScript.
 */
export function builtWorker(name: string): string | undefined {
  const here = fileURLToPath(new URL(".", import.meta.url));
  return [join(here, "workers"), join(here, "..", "workers")]
    .map((at) => join(at, `${name}.worker.js`))
    .find(existsSync);
}

/** The user's cache folder for this program, as the platform has it. It may be deleted at any time. */
export function userCache(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, "flexvar");
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "flexvar");
  if (process.platform === "win32" && LOCALAPPDATA) return join(LOCALAPPDATA, "flexvar", "cache");
  return join(homedir(), ".cache", "flexvar");
}
