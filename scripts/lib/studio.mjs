// Builds the studio: a page, its model worker and its service worker, as static files with relative addresses.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { areInstalled, filesUnder, root } from "./paths.mjs";

export const studio = join(root, "studio");

const source = (...path) => join(root, "src", ...path);

/** What the studio imports of the package, by name. */
export const sourceAliases = {
  "flexvar/web": source("web.ts"),
  "flexvar/client": source("client", "index.ts"),
  "flexvar/editing": source("editing", "index.ts"),
  "flexvar/orders": source("orders", "index.ts"),
  "flexvar/image": source("image", "index.ts"),
  "flexvar/options": source("options", "index.ts"),
  "flexvar/sampling": source("sampling", "index.ts"),
  "flexvar/no-eval": source("no-eval.ts"),
  "flexvar/start-model-worker": source("start-model-worker.ts"),
  "flexvar/worker-orders": source("worker-orders.ts"),
};

/** Whether the studio and what builds it are here. */
export function hasStudio() {
  return (
    existsSync(join(studio, "index.html")) &&
    areInstalled("vite/package.json", "react/package.json", "konva/package.json")
  );
}

/** Files that decide what the studio's build makes, relative to the project. */
export async function studioSources() {
  return existsSync(studio) ? filesUnder(studio, root) : [];
}

/** Builds into `outDir`, which need not exist. */
export async function bundleStudio(outDir) {
  await productionBuild(settings(outDir));
  await fillServiceWorker(outDir);
}

/** Builds by Vite's settings, for production. */
export async function productionBuild(settings) {
  const { build } = await import("vite");
  const { NODE_ENV } = process.env;
  // Vite takes a development build for granted where tests have set another environment.
  process.env.NODE_ENV = "production";
  try {
    await build(settings);
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  }
}

function settings(outDir) {
  return {
    root: studio,
    configFile: false,
    base: "./",
    logLevel: "error",
    define: { "process.env.NODE_ENV": '"production"' },
    resolve: {
      conditions: ["onnxruntime-web-use-extern-wasm", "module", "browser", "import", "default"],
      alias: sourceAliases,
    },
    worker: { format: "es", rolldownOptions: { external: (id) => id.endsWith(".wasm") } },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2022",
      reportCompressedSize: false,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: { index: join(studio, "index.html"), sw: join(studio, "sw", "sw.ts") },
        output: { entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js") },
      },
    },
  };
}

/** Tells the service worker which files are the shell, so that the studio opens without a network. */
async function fillServiceWorker(outDir) {
  const files = (await filesUnder(outDir))
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file !== "sw.js" && !file.endsWith(".wasm"))
    .sort();
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file}\0`).update(await readFile(join(outDir, file)));
  const { dependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const shell = ["./", ...files.filter((file) => file !== "index.html")];
  const sw = join(outDir, "sw.js");
  const filled = (await readFile(sw, "utf8"))
    .replace("__SHELL_FILES__", JSON.stringify(shell).replaceAll('"', '\\"'))
    .replace("__SHELL_VERSION__", hash.digest("hex").slice(0, 12))
    .replace("__RUNTIME_VERSION__", dependencies["onnxruntime-web"]);
  await writeFile(sw, filled);
}
