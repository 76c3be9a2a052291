// Serves the example: node examples/browser/serve.mjs MODEL_FOLDER [PORT]
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const [model, port = "8080"] = process.argv.slice(2);
if (model === undefined) throw new Error("usage: node examples/browser/serve.mjs MODEL_FOLDER [PORT]");
const root = fileURLToPath(new URL("../../", import.meta.url));
const folders = { dist: join(root, "dist"), node_modules: join(root, "node_modules"), model };
const types = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
// These two make the page cross-origin isolated, which WebAssembly threads need.
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

const server = createServer(async ({ url }, response) => {
  const path = normalize(decodeURIComponent(new URL(url, "http://localhost").pathname)).slice(1) || "index.html";
  const [first, ...rest] = path.split(/[\\/]/);
  const file = first in folders ? join(folders[first], ...rest) : join(root, "examples", "browser", path);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) return response.writeHead(404).end();
  const type = types[extname(file)] ?? "application/octet-stream";
  response.writeHead(200, { ...isolation, "Content-Type": type, "Content-Length": found.size });
  createReadStream(file).pipe(response);
});
server.listen(Number(port), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
