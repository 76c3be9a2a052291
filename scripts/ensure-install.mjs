// Installs the locked dependencies when they are missing or stale. Needs nothing but Node and npm.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exec } from "./lib/exec.mjs";
import { withLock } from "./lib/lock.mjs";
import { cacheDir, isMain, requireNode, root } from "./lib/paths.mjs";

/** Runs `npm ci` if node_modules does not match package-lock.json. Ends the process when that fails. */
export async function ensureInstall() {
  requireNode();
  if (whyStale() === undefined) return;
  await withLock(join(cacheDir, "locks", "install"), async () => {
    const reason = whyStale();
    if (reason === undefined) return;
    console.error(`flexvar: installing dependencies with npm ci (${reason}) ...`);
    // onnxruntime-node's own install script would download CUDA binaries, which the CPU build does not need.
    const { code, output } = await exec("npm", ["ci", "--no-audit", "--no-fund"], {
      quiet: true,
      env: { ONNXRUNTIME_NODE_INSTALL: "skip" },
    });
    if (code !== 0) throw new Error(`npm ci failed with exit code ${code}\n${output}`);
  });
}

/** Why node_modules needs an install, in words; undefined when it is up to date. */
export function whyStale() {
  const wanted = readLock(join(root, "package-lock.json"));
  const installed = readLock(join(root, "node_modules", ".package-lock.json"));
  if (wanted === undefined) throw new Error("ensure-install: expected package-lock.json in the project root, got none");
  if (installed === undefined) return "node_modules is missing";
  return firstDifference(wanted, installed);
}

/**
 * Compares the two `packages` tables. A wanted package may be absent when it is optional (another platform's binary);
 * an installed one may be extra only when npm itself marks it so.
 */
export function firstDifference(wanted, installed) {
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "") continue;
    const found = installed[path];
    if (found === undefined) {
      if (entry.optional || entry.devOptional || entry.peer) continue;
      return `${path} is missing`;
    }
    if (found.version !== entry.version || found.integrity !== entry.integrity) {
      return `${path} is ${found.version}, locked at ${entry.version}`;
    }
  }
  const extra = Object.keys(installed).find((path) => wanted[path] === undefined && !installed[path].extraneous);
  return extra === undefined ? undefined : `${extra} is not in package-lock.json`;
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages ?? {};
  } catch {
    return undefined;
  }
}

if (isMain(import.meta.url)) {
  await ensureInstall().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
