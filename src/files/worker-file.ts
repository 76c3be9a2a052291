import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

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
