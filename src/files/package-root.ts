/** Where this package lies, whether it runs from sources or compiled. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ExpectedError } from "../errors/index.ts";

/** The folder with this package's `package.json`. */
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
