/** The studio as a site that needs no server of ours: shell, ONNX Runtime's files, a model, and their manifest. */

import { existsSync } from "node:fs";
import { copyFile, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { BrowserSite, ExampleSheet, ServerAbout, ServerSite, SiteFile } from "../client/index.ts";
import { ExpectedError } from "../errors/index.ts";
import { fileDigest, makeFolders } from "../files/index.ts";
import { parseJson } from "../json/index.ts";
import { CONFIG_FILE, TOKENIZER_FILE, TRANSFORMER_FILE } from "../pretrained/index.ts";

export interface SiteRequest {
  /** The built studio: `dist/studio` of the package. */
  readonly shell: string;
  /** A model folder. */
  readonly model: string;
  /** What the folder's content is called in every picture (`modelHash`). */
  readonly modelHash: string;
}

/** One file of a site: one to read, or a text. */
type SiteSource = { readonly path: string } | { readonly text: string };

/** Content of a site by path below its root, `/` between folders. */
export type SiteContent = ReadonlyMap<string, SiteSource>;

const RUNTIME = {
  wasm: ["ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"],
  webgpu: ["ort-wasm-simd-threaded.asyncify.mjs", "ort-wasm-simd-threaded.asyncify.wasm"],
} as const;

/**
 * Everything a studio site consists of. Addresses inside are relative, so that it works in any folder of any host.
 * @param backend `browser`: the page computes; `server`: the page asks the HTTP API of the host that serves it.
 * @throws Error naming what is missing and how to make it.
 */
export async function siteContent(
  request: SiteRequest,
  backend: "browser" | "server" = "browser",
): Promise<SiteContent> {
  const { shell, model } = request;
  if (!existsSync(join(shell, "index.html")))
    throw new ExpectedError(`studio: expected the built studio in ${shell}, got none; \`npm run build\` makes it`);
  const content = new Map<string, SiteSource>();
  for (const file of await filesUnder(shell)) content.set(file, { path: join(shell, file) });
  // Where a server computes, the page reads the model's description alone.
  const isComputing = backend === "browser";
  const runtime = runtimeFolder();
  const [wasm, webgpu] = isComputing ? [RUNTIME.wasm, RUNTIME.webgpu] : [[], []];
  addFiles(content, "ort/", runtime, [...wasm, ...webgpu]);
  const modelFiles = isComputing ? modelFilesOf(model) : [CONFIG_FILE];
  addFiles(content, "model/", model, modelFiles);
  const examples = await findExamples(shell, model);
  const about = { name: basename(resolve(model)), hash: request.modelHash };
  if (!isComputing) {
    // What is read before a token can be given says nothing of the model.
    content.set("studio.json", text({ backend: "server" } satisfies ServerSite));
    content.set("model/about.json", text({ model: about, ...(examples && { examples }) } satisfies ServerAbout));
    return content;
  }
  const manifest: BrowserSite = {
    backend: "browser",
    model: { ...about, files: await describe(model, modelFiles) },
    runtime: { wasm: await describe(runtime, wasm), webgpu: await describe(runtime, webgpu) },
    ...(examples && { examples }),
  };
  content.set("studio.json", text(manifest));
  return content;
}

const text = (value: object): SiteSource => ({ text: `${JSON.stringify(value, null, 2)}\n` });

/** Writes a studio site into a folder and returns its files. @throws Error as {@link siteContent} and for the disk. */
export async function writeSite(out: string, request: SiteRequest): Promise<string[]> {
  return writeContent(out, await siteContent(request));
}

async function writeContent(out: string, content: SiteContent): Promise<string[]> {
  for (const [file, source] of content) {
    const target = join(out, file);
    await makeFolders(dirname(target));
    if ("path" in source) await copyFile(source.path, target);
    else await writeFile(target, source.text);
  }
  return [...content.keys()];
}

export interface AssetsRequest {
  /** The model's worker as one file: `dist/web/assets` of the package; the element lies in the folder above. */
  readonly worker: string;
  /** A model folder to go along, into `model/`. */
  readonly model?: string | undefined;
}

/**
 * Writes what `createWorkerPipeline` and the element ask for on pages whose bundler copies neither workers nor what they load, or that have none:
 * the worker, the element's files, ONNX Runtime's files, and a model. Returns the files. @throws Error naming what is missing and how to make it; for the disk.
 */
export async function writeAssets(out: string, { worker, model }: AssetsRequest): Promise<string[]> {
  const file = "model-worker.js";
  if (!existsSync(join(worker, file)))
    throw new ExpectedError(`assets: expected ${file} in ${worker}, got none; \`npm run build\` makes it`);
  const content = new Map<string, SiteSource>([[file, { path: join(worker, file) }]]);
  addFiles(content, "", dirname(worker), await elementFiles(dirname(worker)));
  addFiles(content, "", runtimeFolder(), [...RUNTIME.wasm, ...RUNTIME.webgpu]);
  if (model !== undefined) addFiles(content, "model/", model, modelFilesOf(model));
  return writeContent(out, content);
}

/** The element, its parts and its worker. */
const elementFiles = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((file) => /^(element|photo-worker)\b.*\.js$/.test(file)).sort();

const runtimeFolder = (): string => dirname(createRequire(import.meta.url).resolve("onnxruntime-web"));

const modelFilesOf = (model: string): string[] =>
  [CONFIG_FILE, TOKENIZER_FILE, TRANSFORMER_FILE].filter((file) => existsSync(join(model, file)));

function addFiles(content: Map<string, SiteSource>, under: string, folder: string, files: readonly string[]): void {
  for (const file of files) content.set(`${under}${file}`, { path: join(folder, file) });
}

const readJson = async <T>(path: string): Promise<T> => parseJson(await readFile(path), path) as T;

/** Example pictures are drawn by a model with these labels; they suit the site's model where its labels are the same. */
async function findExamples(shell: string, model: string): Promise<ExampleSheet | undefined> {
  const folder = join(shell, "examples");
  if (!existsSync(folder)) return undefined;
  const { id2label } = await readJson<{ id2label: object }>(join(model, CONFIG_FILE));
  for (const file of (await readdir(folder)).filter((one) => one.endsWith(".json"))) {
    const { labels, columns, rows } = await readJson<Omit<ExampleSheet, "file"> & { labels: string[] }>(
      join(folder, file),
    );
    if (JSON.stringify(labels) !== JSON.stringify(Object.values(id2label))) continue;
    return { file: `examples/${basename(file, ".json")}.webp`, columns, rows };
  }
  return undefined;
}

function describe(folder: string, files: readonly string[]): Promise<SiteFile[]> {
  return Promise.all(
    files.map(async (file) => {
      const path = join(folder, file);
      return { file, bytes: (await stat(path)).size, sha256: await fileDigest(path) };
    }),
  );
}

async function filesUnder(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((one) => one.isFile())
    .map((one) => relative(folder, join(one.parentPath, one.name)).replaceAll("\\", "/"))
    .filter((file) => file !== "studio.json")
    .sort();
}
