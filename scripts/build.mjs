// Compiles src/ into dist/. Never cleans first: files appear by rename, chunks before the entries that import them.
//   node scripts/build.mjs               always builds
//   node scripts/build.mjs --if-needed   silent; does nothing when dist/ already belongs to these sources
//   node scripts/build.mjs --prune       also removes files of earlier builds from dist/
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { bundle, findEntries } from "./lib/bundle.mjs";
import { bundleElement } from "./lib/element.mjs";
import { withLock } from "./lib/lock.mjs";
import { areInstalled, cacheDir, filesUnder, isMain, requireNode, root } from "./lib/paths.mjs";
import { bundleStudio, hasStudio, studioSources } from "./lib/studio.mjs";

const dist = join(root, "dist");
const stampFile = join(dist, ".stamp.json");
const ENTRY_FILES =
  /^(((web[\\/])?(index|client|worker|model-worker|no-eval|photo-worker|element)|cli[\\/]main|workers[\\/].+)\.(js|d\.ts)|studio[\\/](index\.html|sw\.js))$/;

/** Whether dist/ belongs to these sources. */
export async function isBuilt() {
  return isFresh(await sourceHash());
}

/** Builds dist/; with `ifNeeded` only when the sources changed since the last build. */
export async function buildAll({ ifNeeded = false, prune = false } = {}) {
  requireNode();
  const fresh = ifNeeded && (await isBuilt());
  if (fresh && !prune) return;
  if (ifNeeded && !areInstalled("tsdown")) {
    console.error("flexvar: dist/ is not built, because tsdown (a development dependency) is not installed");
    return;
  }
  await withLock(join(cacheDir, "locks", "build"), async () => {
    const hash = await sourceHash();
    if (!(ifNeeded && (await isFresh(hash)))) await build(hash);
    if (prune) await removeOldFiles();
  });
}

async function build(hash) {
  const entries = findEntries();
  if (Object.keys(entries.node).length + Object.keys(entries.web).length === 0) return;
  const fresh = join(cacheDir, `build-${process.pid}`);
  await rm(fresh, { recursive: true, force: true });
  try {
    await bundle(entries, fresh);
    if (hasStudio()) {
      await bundleStudio(join(fresh, "studio"));
      await bundleElement(join(fresh, "web"));
    }
    const files = await filesUnder(fresh);
    const chunksFirst = [...files].sort((a, b) => ENTRY_FILES.test(a) - ENTRY_FILES.test(b));
    for (const file of chunksFirst) {
      await mkdir(dirname(join(dist, file)), { recursive: true });
      await rename(join(fresh, file), join(dist, file));
    }
    const stamp = join(fresh, "stamp.json");
    await writeFile(stamp, JSON.stringify({ hash, files }));
    await rename(stamp, stampFile);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function isFresh(hash) {
  const stamp = await readStamp();
  return stamp?.hash === hash && stamp.files.every((file) => existsSync(join(dist, file)));
}

async function readStamp() {
  try {
    return JSON.parse(await readFile(stampFile, "utf8"));
  } catch {
    return undefined;
  }
}

async function removeOldFiles() {
  const stamp = await readStamp();
  if (stamp === undefined) return;
  const keep = new Set([...stamp.files, relative(dist, stampFile)]);
  for (const file of await filesUnder(dist)) {
    if (!keep.has(file)) await rm(join(dist, file), { force: true });
  }
}

/** One hash over everything that decides what the build makes. */
async function sourceHash() {
  const sources = existsSync(join(root, "src")) ? await filesUnder(join(root, "src"), root) : [];
  const files = sources.filter((file) => !file.endsWith(".test.ts"));
  files.push(...(await studioSources()), "package.json", "tsconfig.json");
  for (const name of ["build.mjs", "lib/bundle.mjs", "lib/element.mjs", "lib/studio.mjs"])
    files.push(join("scripts", name));
  const hash = createHash("sha256");
  for (const file of files.sort()) {
    const content = await readFile(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

if (isMain(import.meta.url)) {
  const flags = new Set(process.argv.slice(2));
  await buildAll({ ifNeeded: flags.has("--if-needed"), prune: flags.has("--prune") }).catch((error) => {
    console.error(`build: ${error.stack ?? error}`);
    process.exitCode = 1;
  });
}
