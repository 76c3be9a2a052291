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

/** A file of the site; undefined where the table has no such path. */
export async function siteReply(files: SiteFiles, path: string): Promise<Response | undefined> {
  const name = fileName(path);
  const source = files.get(name);
  if (source === undefined) return undefined;
  const content = "path" in source ? new Uint8Array(await readFile(source.path)) : source.text;
  const type = TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream";
  return new Response(content, { headers: { "content-type": type, "cache-control": "no-cache" } });
}
