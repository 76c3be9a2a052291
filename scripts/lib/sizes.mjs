// What pages carry, part by part: bytes of what is built, as they are and after gzip, as hosts send them.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { makeWebPackage } from "../web-package.mjs";
import { filesUnder, root } from "./paths.mjs";

const zipped = promisify(gzip);
const studio = join(root, "dist", "studio");
const web = join(root, "dist", "web");
const runtime = dirname(createRequire(import.meta.url).resolve("onnxruntime-web"));

/** @returns parts in the order of the table: `{ part, bytes, gzip }`. dist/ must be built. */
export async function measureSizes() {
  const shell = await shellFiles();
  const view = await chunkNamed(shell, /editor-view-[\w-]+\.js/);
  const editor = without(await withStyles(await loadedWith(view)), shell);
  const { model, photo } = await workers([...shell, ...editor]);
  const ort = (name) => [join(runtime, `${name}.mjs`), join(runtime, `${name}.wasm`)];
  const page = await chunkNamed([model], /ort\.wasm\.min-[\w-]+\.js/);
  const parts = {
    "the studio's page": [join(studio, "index.html"), ...shell],
    "its editor, when opened": editor,
    "its photographs' worker, with the first of them": [photo],
    "its model's worker, with the first drawing": [model, page],
    "ONNX Runtime: WebAssembly, with threads and without": ort("ort-wasm-simd-threaded"),
    "ONNX Runtime: WebGPU": ort("ort-wasm-simd-threaded.asyncify"),
    "`flexvar/client`": await loadedWith(join(web, "client.js")),
    "`flexvar/worker`, the page's side": await loadedWith(join(web, "worker.js")),
    "`flexvar/worker`, the worker": [join(web, "assets", "model-worker.js")],
    "`flexvar` in browsers, whole": await loadedWith(join(web, "index.js")),
  };
  const sizes = [];
  for (const [part, files] of Object.entries(parts)) sizes.push({ part, ...(await sizeOf(files)) });
  return [...sizes, { part: "the package `flexvar-web`", ...(await webPackageSize()) }];
}

/** The table of the documentation, in thousands of bytes. */
export function sizesTable(sizes) {
  const kilobytes = (bytes) => (bytes / 1000).toFixed(bytes < 100_000 ? 1 : 0);
  const rows = sizes.map(({ part, bytes, gzip: small }) => `| ${part} | ${kilobytes(bytes)} | ${kilobytes(small)} |`);
  return ["| part | kB | kB after gzip |", "|---|---|---|", ...rows].join("\n");
}

/** Reads such a table. */
export function readSizes(text) {
  const rows = [...text.matchAll(/^\| ([^|]+) \| ([\d.]+) \| ([\d.]+) \|$/gm)];
  return rows.map(([, part, bytes, small]) => ({ part, bytes: 1000 * bytes, gzip: 1000 * small }));
}

/** Scripts and styles that the page names. */
async function shellFiles() {
  const html = await readFile(join(studio, "index.html"), "utf8");
  return [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)].map(([, file]) => join(studio, file));
}

/** A script and all that it imports before it begins. */
async function loadedWith(entry) {
  const files = new Set([entry]);
  for (const file of files) {
    const text = await readFile(file, "utf8");
    for (const [, name] of text.matchAll(/(?:from|import) ?["'`](\.\/[^"'`]+\.js)["'`]/g))
      files.add(join(dirname(file), name));
  }
  return [...files];
}

/** With the styles that are made of the same modules. */
async function withStyles(scripts) {
  const stems = scripts.map((file) => file.replace(/-[\w-]{8}\.js$/, "-"));
  const styles = await built(/\.css$/);
  return [...scripts, ...styles.filter((file) => stems.some((stem) => file.startsWith(stem)))];
}

/** Two scripts are called worker: the model's is the one that loads ONNX Runtime. */
async function workers(scripts) {
  const texts = await Promise.all(scripts.map((file) => readFile(file, "utf8")));
  const names = new Set(texts.join("\n").match(/(?<![\w-])worker-[\w-]+\.js/g));
  const found = {};
  for (const name of names) {
    const file = join(studio, "assets", name);
    found[(await readFile(file, "utf8")).includes("ort.wasm.min") ? "model" : "photo"] = file;
  }
  if (found.model === undefined || found.photo === undefined)
    throw new Error(
      "sizes: expected the studio to name its model's and its photographs' worker; npm run build makes them",
    );
  return found;
}

/** The one file of the build that these name so. */
async function chunkNamed(files, name) {
  for (const file of files) {
    const found = (await readFile(file, "utf8")).match(name);
    const chunk = found && join(studio, "assets", found[0]);
    if (chunk && existsSync(chunk)) return chunk;
  }
  throw new Error(`sizes: expected a script of the studio to name ${name}, got none; npm run build makes it`);
}

/** The studio's assets of the last build; older ones may lie beside them. */
async function built(name) {
  const { files } = JSON.parse(await readFile(join(root, "dist", ".stamp.json"), "utf8"));
  return files
    .filter((file) => /^studio[\\/]assets/.test(file) && name.test(file))
    .map((file) => join(root, "dist", file));
}

const without = (files, others) => files.filter((file) => !others.includes(file));

async function webPackageSize() {
  const folder = await mkdtemp(join(tmpdir(), "flexvar-web-"));
  try {
    await makeWebPackage(folder);
    return await sizeOf((await filesUnder(folder)).map((file) => join(folder, file)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** By hash of what is packed. */
const packed = new Map();

async function sizeOf(files) {
  const sizes = await Promise.all(
    files.map(async (file) => {
      const bytes = await readFile(file);
      const hash = createHash("sha256").update(bytes).digest("hex");
      // The runtimes are packed once: they are in two parts each.
      if (!packed.has(hash)) packed.set(hash, zipped(bytes));
      return [bytes.length, (await packed.get(hash)).length];
    }),
  );
  const sum = (index) => sizes.reduce((all, size) => all + size[index], 0);
  return { bytes: sum(0), gzip: sum(1) };
}
