#!/usr/bin/env node
// npx flexvar-web DIR: the model's worker, the element's files and ONNX Runtime's, for pages whose bundler finds them not; give DIR's address as `assets`.
import { cp, mkdir, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const [folder, ...more] = process.argv.slice(2);
if (folder === undefined || folder.startsWith("-") || more.length > 0) {
  console.error("flexvar-web: expected one folder to write to, such as public/flexvar");
  process.exit(2);
}
const dist = fileURLToPath(new URL("../dist/", import.meta.url));
await mkdir(folder, { recursive: true });
await cp(join(dist, "assets"), folder, { recursive: true });
for (const file of await readdir(dist))
  if (/^(element|photo-worker)\b.*\.js$/.test(file)) await cp(join(dist, file), join(folder, file));
for (const file of await readdir(join(dist, "ort")))
  if (file.startsWith("ort-wasm")) await cp(join(dist, "ort", file), join(folder, file));
console.log(resolve(folder));
