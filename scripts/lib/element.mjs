// Builds the editor that `<flexvar-editor>` loads: the studio's own, of which each element gets a state of its own.
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { productionBuild, sourceAliases, studio } from "./studio.mjs";

/** What the build makes of the entry, which only hands on. */
const ENTRY = "element-entry.js";

/** Writes `element-editor.js`, and `element-vendor.js` with the packages that it stands on, into `outDir`. */
export async function bundleElement(outDir) {
  await productionBuild(settings(outDir));
  await rm(join(outDir, ENTRY));
  const file = join(outDir, "element-editor.js");
  const { parseAst } = await import("vite");
  const code = await readFile(file, "utf8");
  await writeFile(file, perElement(code, parseAst(code).body));
}

/** Schemas without compiled code, which strict pages forbid; zod keeps that setting in the page's global scope, where the page's own zod reads it too. */
const ownZod = {
  name: "own-zod",
  transform(code, id) {
    if (!/zod[\\/]v4[\\/]core[\\/]core\.js$/.test(id)) return undefined;
    const found = /^.*__zod_globalConfig \?\?.*\nexport const globalConfig = .*;$/m;
    if (!found.test(code)) throw new Error("element: expected zod's settings in the global scope");
    return code.replace(found, "export const globalConfig = { jitless: true };");
  },
};

const settings = (outDir) => ({
  root: studio,
  configFile: false,
  base: "./",
  logLevel: "error",
  define: { "process.env.NODE_ENV": '"production"' },
  resolve: { alias: sourceAliases },
  plugins: [ownZod],
  build: {
    outDir,
    emptyOutDir: false,
    copyPublicDir: false,
    target: "es2022",
    // Keeps light-dark(), which follows the `color-scheme` that a page gives the element.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    reportCompressedSize: false,
    minify: true,
    rolldownOptions: {
      input: { "element-entry": join(studio, "src", "element", "editor.tsx") },
      preserveEntrySignatures: "strict",
      output: {
        format: "es",
        minifyInternalExports: false,
        entryFileNames: "[name].js",
        chunkFileNames: "element-[name].js",
        codeSplitting: {
          groups: [
            { name: "vendor", test: /[\\/]node_modules[\\/]/, priority: 1 },
            { name: "editor", test: /[\\/](studio|src)[\\/]/ },
          ],
        },
      },
    },
  },
});

/**
 * The module as a function that carries it out and returns what it exports: modules of the studio hold their state, and so every element has its
 * own, while the packages that hold none are shared.
 */
function perElement(code, body) {
  const textOf = ({ start, end }) => code.slice(start, end);
  const imports = body.filter(({ type }) => type === "ImportDeclaration");
  const exported = body.find(({ type }) => type === "ExportNamedDeclaration");
  const rest = body.filter((one) => one !== exported && !imports.includes(one));
  if (exported?.declaration !== null || rest.some(({ type }) => type.startsWith("Export")))
    throw new Error("element: expected one list of exports in element-editor.js");
  const names = exported.specifiers.map(({ local, exported: as }) => `${as.name}: ${local.name}`);
  return [
    ...imports.map(textOf),
    "export function createEditorModule() {",
    ...rest.map(textOf),
    `return { ${names.join(", ")} };`,
    "}",
    "",
  ].join("\n");
}
