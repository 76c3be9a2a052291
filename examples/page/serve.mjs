// node examples/page/serve.mjs [PORT]: serves the page and the folders that it asks for, on this machine only.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const [port = "8080"] = process.argv.slice(2);
const root = fileURLToPath(new URL("../../", import.meta.url));
const served = new Set(["dist", "examples", "models", "node_modules"]);
const types = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
// These two make the page cross-origin isolated, which WebAssembly threads need.
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

const server = createServer(async ({ url }, response) => {
  const [, ...path] = normalize(decodeURI(new URL(url, "http://localhost").pathname)).split(/[\\/]/);
  if (path.at(-1) === "") path[path.length - 1] = "index.html";
  const file = join(root, ...path);
  const found = served.has(path[0]) && (await stat(file).catch(() => undefined));
  if (!found || !found.isFile()) return response.writeHead(404).end();
  const type = types[extname(file)] ?? "application/octet-stream";
  response.writeHead(200, { ...isolation, "Content-Type": type, "Content-Length": found.size });
  createReadStream(file).pipe(response);
});
server.listen(Number(port), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}/examples/page/`);
});
