/** A site's files, by a table made before any request: a path of a request is looked up in it and never touches the disk. */
import { readFile } from "node:fs/promises";

/** Path below the root (`index.html`) to where its content lies. */
export type SiteFiles = ReadonlyMap<string, { readonly path: string } | { readonly text: string }>;

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json",
  webmanifest: "application/manifest+json",
  wasm: "application/wasm",
  svg: "image/svg+xml",
  png: "image/png",
  webp: "image/webp",
  ico: "image/x-icon",
};

/** The table's name of a path. */
export const fileName = (path: string): string => (path === "/" ? "index.html" : path.slice(1));

/** Files that describe the model; the others are the page itself, the same for every server, and open to all. */
const MODEL_FILES = /^model\//;

/** Whether a path is a file of the page itself. */
export const isShell = (files: SiteFiles, path: string): boolean =>
  files.has(fileName(path)) && !MODEL_FILES.test(fileName(path));

/** What the page, its workers and its service worker may load: what comes from here, and pictures that it made itself. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self' blob: data:",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** A file of the site; undefined where the table has no such path. */
export async function siteReply(files: SiteFiles, path: string): Promise<Response | undefined> {
  const name = fileName(path);
  const source = files.get(name);
  if (source === undefined) return undefined;
  const content = "path" in source ? new Uint8Array(await readFile(source.path)) : source.text;
  const type = TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream";
  return new Response(content, {
    headers: { "content-type": type, "cache-control": "no-cache", "content-security-policy": POLICY },
  });
}
