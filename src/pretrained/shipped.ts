/** Models that lie in the package. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../files/index.ts";
import { CONFIG_FILE } from "./config.ts";

/** Whether a folder is a model's. */
const isModelFolder = (folder: string): boolean => existsSync(join(folder, CONFIG_FILE));

/** Shipped models by name, sorted; none where the folder is missing. */
export function shippedModels(shippedIn = join(packageRoot(), "models")): { name: string; folder: string }[] {
  if (!existsSync(shippedIn)) return [];
  return readdirSync(shippedIn)
    .sort()
    .map((name) => ({ name, folder: join(shippedIn, name) }))
    .filter(({ folder }) => isModelFolder(folder));
}

/** The folder that a model has on this disk, by its path or by the name of a shipped one; undefined for others. */
export function modelFolderHere(named: string, shippedIn?: string): string | undefined {
  return isModelFolder(named) ? named : shippedModels(shippedIn).find(({ name }) => name === named)?.folder;
}
