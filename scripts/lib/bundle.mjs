// What is built from what: the list of entries and the bundler's settings.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { root } from "./paths.mjs";

const src = join(root, "src");

/**
 * Entries that exist, as output name to source file: the library, the browser library, the command line, and every
 * `*.worker.ts`, which lands in `dist/workers/` under its own name.
 */
export function findEntries() {
  const named = { index: "index.ts", "cli/main": "cli/main.ts" };
  const node = Object.entries(named).map(([name, file]) => [name, join(src, file)]);
  const workers = existsSync(src) ? readdirSync(src, { recursive: true }).filter((f) => f.endsWith(".worker.ts")) : [];
  for (const file of workers) node.push([`workers/${basename(file, ".ts")}`, join(src, file)]);
  const web = [["web", join(src, "web.ts")]];
  return { node: existing(node), web: existing(web) };
}

/** Bundles all entries into `outDir`: ES modules with types for the two library entries. */
export async function bundle(entries, outDir) {
  const { build } = await import("tsdown");
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const shared = {
    cwd: root,
    config: false,
    outDir,
    format: "esm",
    clean: false,
    hash: true,
    logLevel: "error",
    report: false,
    sourcemap: false,
    fixedExtension: false,
    outExtensions: () => ({ js: ".js", dts: ".d.ts" }),
    // For consumers whose `lib` has no `Symbol.asyncDispose`.
    banner: { dts: '/// <reference lib="esnext.disposable" />' },
    deps: { neverBundle: Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`)) },
  };
  for (const [entry, name, platform, target] of [
    [entries.node, "index", "node", "node20.19"],
    [entries.web, "web", "browser", "es2022"],
  ])
    if (Object.keys(entry).length > 0) await build({ ...shared, entry, platform, target, dts: dtsFor(entry, name) });
}

function dtsFor(entries, name) {
  return entries[name] === undefined
    ? false
    : { entry: [relative(root, entries[name]).replaceAll("\\", "/")], sourcemap: false };
}

function existing(pairs) {
  return Object.fromEntries(pairs.filter(([, file]) => existsSync(file)));
}
