import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "./support/imports.ts";

const run = promisify(execFile);
const INSTALL_MS = 300_000;
const has = (file: string) => existsSync(join(projectRoot, "src", file));
const shipsModel = ["emoji", "fashion"].some((name) => existsSync(join(projectRoot, "models", name, "config.json")));

interface Libraries {
  readonly lib: readonly string[];
  readonly types: readonly string[];
}

const NODE_LIBRARIES: Libraries = {
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  types: ["node"],
};
const PAGE_LIBRARIES: Libraries = { lib: ["lib.es2022.d.ts", "lib.dom.d.ts"], types: [] };

/** What someone gets who installs the packed package into an empty folder. */
describe.skipIf(!has("index.ts") || !has("cli/main.ts"))("the packed package", () => {
  let folder = "";
  const npm = (args: string[], cwd: string) =>
    run("npm", args, { cwd, env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" }, maxBuffer: 1 << 26 });
  const flexvar = (...args: string[]) => npm(["exec", "--no", "--", "flexvar", ...args], folder);
  let packed: string[] = [];
  let archive = "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "flexvar-pack-"));
    const { stdout } = await npm(["pack", "--json", "--silent", "--pack-destination", folder], projectRoot);
    const [report] = JSON.parse(stdout.slice(stdout.indexOf("["))) as [{ filename: string; files: { path: string }[] }];
    packed = report.files.map((file) => file.path);
    archive = join(folder, report.filename);
    await writeFile(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
    await npm(["install", "--prefer-offline", "--no-audit", "--no-fund", archive], folder);
  }, INSTALL_MS);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("holds what it needs and no sources, tests or build notes", () => {
    expect(packed).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "NOTICE.md",
        "CHANGELOG.md",
        "dist/cli/main.js",
        "dist/index.d.ts",
        "dist/index.js",
        "docs/cookbook.md",
        "examples/cookbook/avatar.mjs",
      ]),
    );
    expect(
      packed.filter((file) => !/^(dist|docs|examples|models)\/|^(package\.json|LICENSE|[A-Z]+\.md)$/.test(file)),
    ).toEqual([]);
    expect(packed.filter((file) => /\.test\.|\.stamp/.test(file))).toEqual([]);
  });

  test("publint finds nothing, not even a suggestion", async () => {
    const tarball = new Uint8Array(await readFile(archive)).buffer;
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test(
    "Are The Types Wrong finds nothing, CommonJS left out",
    async () => {
      const attw = join(projectRoot, "node_modules", "@arethetypeswrong", "cli", "dist", "index.js");
      const { stdout } = await run(process.execPath, [attw, archive, "--profile", "esm-only", "--no-color"]);
      expect(stdout).toContain('"flexvar/web"');
      expect(stdout).toContain('"flexvar/client"');
    },
    INSTALL_MS,
  );

  test("flexvar --version prints the version", async () => {
    const { version } = JSON.parse(await readFile(join(projectRoot, "package.json"), "utf8"));
    expect((await flexvar("--version")).stdout.trim()).toBe(version);
  });

  test("flexvar draws pictures with a model made by import", async () => {
    const golden = (name: string) => join(projectRoot, "test", "fixtures", "golden", name);
    const model = join(folder, "tiny");
    await flexvar(
      ...[
        "import",
        "--tokenizer",
        golden("FlexVAE-T-f16.pth"),
        "--transformer",
        golden("FlexVAR-T-plain-f16.pth"),
        "--out",
        model,
      ],
    );
    const out = join(folder, "pictures");
    await flexvar(
      "generate",
      "--model",
      model,
      "--class",
      "0,3",
      "--size",
      "64",
      "--scales",
      "1,2,4",
      "--seed",
      "7",
      "--out",
      out,
    );
    expect((await readdir(out)).sort()).toEqual(["000.png", "001.png"]);
    const png = await readFile(join(out, "000.png"));
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([64, 64]);
  });

  test.skipIf(!shipsModel)("flexvar draws with the shipped model", async () => {
    const out = join(folder, "shipped");
    await flexvar("generate", "--class", "0", "--out", out);
    expect(await readdir(out)).toEqual(["000.png"]);
  });

  test.each(["Bundler", "NodeNext"])("types resolve with %s resolution in Node", async (resolution) => {
    expect(await typeErrors("flexvar", resolution, [], NODE_LIBRARIES)).toEqual([]);
  });

  test.each(["flexvar/web", "flexvar/worker", "flexvar/client", "flexvar"])(
    "types of %s compile on a page, by ES2022 and the DOM alone",
    async (entry) => {
      expect(await typeErrors(entry, "Bundler", ["browser"], PAGE_LIBRARIES)).toEqual([]);
    },
  );

  test("the library loads in Node", async () => {
    const script = 'import * as flexvar from "flexvar"; console.log(Object.keys(flexvar).length > 0);';
    await writeFile(join(folder, "load.mjs"), script);
    expect((await run(process.execPath, [join(folder, "load.mjs")], { cwd: folder })).stdout.trim()).toBe("true");
  });

  test.skipIf(!has("web.ts"))("the browser entry bundles without Node's parts", async () => {
    const { build } = await import("tsdown");
    await writeFile(join(folder, "page.js"), 'import * as flexvar from "flexvar"; globalThis.flexvar = flexvar;');
    const bundles = await build({
      cwd: folder,
      config: false,
      entry: [join(folder, "page.js")],
      outDir: join(folder, "page"),
      platform: "browser",
      format: "esm",
      dts: false,
      logLevel: "silent",
      deps: { alwaysBundle: [/./] },
    });
    const chunks = bundles.flatMap((one) => one.chunks).filter((part) => part.type === "chunk");
    const outside = chunks
      .flatMap((chunk) => chunk.imports)
      .filter((id) => !chunks.some((chunk) => chunk.fileName === id));
    expect(outside).toEqual([]);
    expect(chunks.some((chunk) => chunk.code.includes("globalThis.flexvar"))).toBe(true);
  });

  /** Messages of the compiler for a consumer that uses every export of the package. */
  async function typeErrors(
    entry: string,
    resolution: string,
    customConditions: string[],
    { lib, types }: Libraries,
  ): Promise<string[]> {
    const name = `consumer-${entry.replace("/", "-")}-${resolution}-${customConditions.join("")}-${lib.length}.ts`;
    const file = join(folder, name);
    await writeFile(
      file,
      `import * as flexvar from "${entry}";\nexport const names: string[] = Object.keys(flexvar);\n`,
    );
    const options: ts.CompilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      target: ts.ScriptTarget.ES2022,
      lib: [...lib],
      types: [...types],
      typeRoots: [join(projectRoot, "node_modules", "@types")],
      ...(resolution === "NodeNext"
        ? { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext }
        : { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, customConditions }),
    };
    const program = ts.createProgram([file], options);
    const own = ts
      .getPreEmitDiagnostics(program)
      .filter((one) => one.file === undefined || one.file.fileName === file || one.file.fileName.includes("/flexvar/"));
    return own.map((one) => ts.flattenDiagnosticMessageText(one.messageText, "\n"));
  }
});
