// What is built from what: the list of entries and the bundler's settings.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { root } from "./paths.mjs";

const src = join(root, "src");

/**
 * Entries that exist, as output name to source file. For Node: the library, the client alone, the command line, and every `*.worker.ts`,
 * which lands in `dist/workers/` under its own name. For browsers, in `dist/web/`: the library, the client alone, the pipeline in a worker and that
 * worker; beside them the element and its worker of photographs, each a file that needs none of the others' parts.
 */
export function findEntries() {
  const node = entriesOf({ index: "index.ts", client: "client/index.ts", "cli/main": "cli/main.ts" });
  const workers = existsSync(src) ? readdirSync(src, { recursive: true }).filter((f) => f.endsWith(".worker.ts")) : [];
  for (const file of workers) node.push([`workers/${basename(file, ".ts")}`, join(src, file)]);
  const web = entriesOf({
    index: "web.ts",
    client: "client/index.ts",
    worker: "worker-pipeline.ts",
    "model-worker": "model-worker.ts",
    "no-eval": "no-eval.ts",
  });
  const page = join(root, "studio", "src");
  const element = existing([
    ["element", join(page, "element", "index.ts")],
    ["photo-worker", join(page, "photo", "worker.ts")],
  ]);
  return { node: existing(node), web: existing(web), element };
}

/** Bundles all entries into `outDir`: ES modules, with types for those that are imported. */
export async function bundle(entries, outDir) {
  const { build } = await import("tsdown");
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const shared = {
    cwd: root,
    config: false,
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
  const sides = [
    { entry: entries.node, outDir, platform: "node", target: "node20.19" },
    { entry: entries.web, outDir: join(outDir, "web"), platform: "browser", target: "es2022", outputOptions: parts },
  ];
  for (const side of sides)
    if (Object.keys(side.entry).length > 0) await build({ ...shared, ...side, dts: dtsFor(side.entry) });
  const worker = entries.web["model-worker"];
  if (worker !== undefined)
    await build({ ...shared, ...wholeFile("model-worker", worker, join(outDir, "web", "assets")) });
  for (const [name, file] of Object.entries(entries.element ?? {}))
    await build({
      ...shared,
      ...wholeFile(name, file, join(outDir, "web")),
      ...(name === "element" && { minify: false, dts: { sourcemap: false } }),
    });
}

/**
 * A script as one file. The model's worker so needs ONNX Runtime's files beside it and nothing else, for pages whose bundler makes no workers; the
 * element loads its editor, which is built apart (element.mjs), when it is shown.
 */
const wholeFile = (name, file, outDir) => ({
  entry: { [name]: file },
  outDir,
  platform: "browser",
  target: "es2022",
  dts: false,
  minify: true,
  deps: { alwaysBundle: [/./] },
  inputOptions: (options) => ({
    ...options,
    external: [/[\\/]element-editor\.js$/],
    resolve: {
      ...options.resolve,
      conditionNames: ["onnxruntime-web-use-extern-wasm", "browser", "import", "default"],
    },
  }),
  outputOptions: (options) => ({ ...options, codeSplitting: false }),
});

/**
 * Entries hold nothing but exports: esbuild drops a file without side effects that a page does not use, but of a file through which it
 * reaches what is used it keeps every statement.
 */
const parts = (options) => ({
  ...options,
  // The bundler puts imports in an order of its own, and this one has to run before there are schemas.
  banner: ({ name }) => (name === "model-worker" ? 'import "./no-eval.js";' : ""),
  codeSplitting: {
    groups: [
      { name: "client", test: /[\\/]src[\\/]client[\\/](?!index).+(?<!\.d)\.ts$/ },
      { name: "orders", test: /[\\/]src[\\/](errors|orders)[\\/].+(?<!\.d)\.ts$/ },
      {
        name: "library",
        test: /[\\/]src[\\/](?!web\.ts|client[\\/]|errors[\\/]|orders[\\/]|model-worker|no-eval|start-model-worker|worker-).+(?<!\.d)\.ts$/,
      },
    ],
  },
});

function dtsFor(entries) {
  const imported = ["index", "client", "worker"].filter((name) => entries[name] !== undefined);
  const entry = imported.map((name) => relative(root, entries[name]).replaceAll("\\", "/"));
  return entry.length === 0 ? false : { entry, sourcemap: false };
}

const entriesOf = (files) => Object.entries(files).map(([name, file]) => [name, join(src, file)]);

function existing(pairs) {
  return Object.fromEntries(pairs.filter(([, file]) => existsSync(file)));
}
