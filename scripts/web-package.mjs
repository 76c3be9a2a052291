// node scripts/web-package.mjs [FOLDER]: what a page needs of this package, alone, as a package of its own, `flexvar-web`: the library, the client, the
// worker, and of ONNX Runtime the files that they load. Everything else that `flexvar` brings (native runtimes, the command line, the server, the
// models) no page uses. FOLDER (dist-web) is made anew; publish or install it as it is.
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve, sep } from "node:path";
import { buildAll } from "./build.mjs";
import { isMain, root } from "./lib/paths.mjs";

/** What pages import of ONNX Runtime, by the file that bundlers take of it. */
const RUNTIME = { wasm: "ort.wasm.bundle.min.mjs", webgpu: "ort.webgpu.bundle.min.mjs" };
/** What those load, beside themselves. */
const BINARIES = ["ort-wasm-simd-threaded", "ort-wasm-simd-threaded.asyncify"].flatMap((name) => [
  `${name}.mjs`,
  `${name}.wasm`,
]);
const DEPENDENCIES = ["fflate", "onnxruntime-common", "zod"];

/** Makes the package in a folder. */
export async function makeWebPackage(folder) {
  await buildAll({ ifNeeded: true });
  const { files } = JSON.parse(await readFile(join(root, "dist", ".stamp.json"), "utf8"));
  await rm(folder, { recursive: true, force: true });
  const web = `web${sep}`;
  for (const file of files.filter((one) => one.startsWith(web))) {
    const to = join(folder, "dist", file.slice(web.length));
    await mkdir(dirname(to), { recursive: true });
    const text = await readFile(join(root, "dist", file), "utf8");
    await writeFile(
      to,
      text.replace(
        /(["'`])onnxruntime-web\/(wasm|webgpu)\1/g,
        (_, quote, kind) => `${quote}./ort/${RUNTIME[kind]}${quote}`,
      ),
    );
  }
  const runtime = dirname(createRequire(import.meta.url).resolve("onnxruntime-web"));
  await mkdir(join(folder, "dist", "ort"), { recursive: true });
  for (const file of [...Object.values(RUNTIME), ...BINARIES])
    await copyFile(join(runtime, file), join(folder, "dist", "ort", file));
  for (const file of ["LICENSE", "NOTICE.md"]) await copyFile(join(root, file), join(folder, file));
  await writeFile(join(folder, "dist", "ort", "LICENSE"), await runtimeLicence());
  await mkdir(join(folder, "bin"));
  await copyFile(join(root, "scripts", "lib", "web-assets.mjs"), join(folder, "bin", "assets.mjs"));
  await writeFile(join(folder, "README.md"), README);
  await writeFile(join(folder, "package.json"), `${JSON.stringify(await manifest(), null, 2)}\n`);
}

async function manifest() {
  const { version, license, keywords, dependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const entry = (name) => ({ types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` });
  return {
    name: "flexvar-web",
    version,
    description:
      "FlexVAR in web pages: scale-wise image generation and editing on ONNX Runtime's WebAssembly and WebGPU.",
    keywords,
    license,
    type: "module",
    sideEffects: [
      "./dist/model-worker.js",
      "./dist/no-eval.js",
      "./dist/photo-worker.js",
      "./dist/element.js",
      "./dist/assets/*.js",
    ],
    bin: { "flexvar-web": "bin/assets.mjs" },
    exports: {
      ".": entry("index"),
      "./client": entry("client"),
      "./worker": entry("worker"),
      "./element": entry("element"),
      "./package.json": "./package.json",
    },
    files: ["dist", "bin", "README.md", "NOTICE.md", "LICENSE"],
    dependencies: Object.fromEntries(DEPENDENCIES.map((name) => [name, dependencies[name]])),
  };
}

/** ONNX Runtime has the licence of this project; its holder is another. */
const runtimeLicence = async () =>
  (await readFile(join(root, "LICENSE"), "utf8")).replace(/^Copyright .*$/m, "Copyright (c) Microsoft Corporation");

const README = `# flexvar-web

What a page needs of [flexvar](https://www.npmjs.com/package/flexvar), alone: \`flexvar-web\` is \`flexvar\` as browsers get it, \`flexvar-web/client\` the typed client
of a server, \`flexvar-web/worker\` the pipeline in a worker, \`flexvar-web/element\` the editor as an element. \`npx flexvar-web DIR\` copies the worker and ONNX Runtime's files for bundlers that do not find
them by themselves. Commands, training and the server are in \`flexvar\`.
`;

if (isMain(import.meta.url)) {
  const folder = resolve(process.argv[2] ?? join(root, "dist-web"));
  await makeWebPackage(folder);
  console.log(`flexvar-web: ${folder}`);
}
