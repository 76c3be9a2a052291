// What every npm script needs before its own work: dependencies installed and dist/ built.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildAll } from "../build.mjs";
import { ensureInstall } from "../ensure-install.mjs";
import { root } from "./paths.mjs";

export const cliFile = join(root, "dist", "cli", "main.js");

/** Installs and builds as far as needed. */
export async function prepareProject() {
  await ensureInstall();
  await buildAll({ ifNeeded: true });
}

/** As `prepareProject`, and makes sure that there is a command line to run. */
export async function prepareCli() {
  await prepareProject();
  if (!existsSync(cliFile))
    throw new Error("build: expected dist/cli/main.js, got no such file (is src/cli/main.ts there?)");
}

/** Runs a script's main function; an error becomes one message and exit code 1, a number becomes the exit code. */
export async function runScript(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
