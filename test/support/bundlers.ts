/** Other people's bundlers, at their defaults for a page in production, on a folder that has the package installed. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { gzipSync } from "node:zlib";
import { projectRoot } from "./imports.ts";

/** One bundler: makes `main.js` and what it needs of `page.js`, both in folders that exist. */
type Bundler = (page: string, outDir: string, minify: boolean) => Promise<void>;

export const bundlerNames = ["vite", "esbuild", "webpack"] as const;

export type BundlerName = (typeof bundlerNames)[number];

const bundlers: Readonly<Record<BundlerName, Bundler>> = {
  async vite(page, outDir, minify) {
    const { build } = await import("vite");
    await build({
      root: join(page, ".."),
      base: "./",
      configFile: false,
      logLevel: "error",
      build: {
        outDir,
        ...(!minify && { minify }),
        reportCompressedSize: false,
        rolldownOptions: { input: page, output: { entryFileNames: "main.js" } },
      },
    });
  },

  async esbuild(page, outDir, minify) {
    const { build } = await import("esbuild");
    await build({
      entryPoints: { main: page },
      outdir: outDir,
      bundle: true,
      minify,
      splitting: true,
      format: "esm",
      logLevel: "silent",
    });
  },

  async webpack(page, outDir, minify) {
    const { default: webpack } = await import("webpack");
    const compiler = webpack({
      mode: "production",
      context: join(page, ".."),
      entry: { main: page },
      output: { path: outDir, filename: "[name].js" },
      performance: false,
      ...(!minify && { optimization: { minimize: false } }),
    });
    const problems = await new Promise<string>((done, failed) => {
      compiler.run((error, stats) => (error === null ? done(problemsOf(stats)) : failed(error)));
    });
    await new Promise<void>((done) => compiler.close(() => done()));
    if (problems !== "") throw new Error(problems);
  },
};

const problemsOf = (stats: { toJson(what: object): { errors?: { message: string }[] } } | undefined): string =>
  (stats?.toJson({ all: false, errors: true }).errors ?? []).map(({ message }) => message).join("\n");

/** A folder with the built package installed. */
export interface Consumer {
  readonly folder: string;
  /** Bundles a page of this text and returns the folder of what comes out. */
  bundle(bundler: BundlerName, text: string, minify?: boolean): Promise<string>;
  close(): Promise<void>;
}

/** @param install puts the package into the folder; by default the project itself, as a link. */
export async function openConsumer(install: (folder: string) => Promise<unknown> = linked): Promise<Consumer> {
  // Outside the project, whose tsconfig.json bundlers would heed.
  const folder = await mkdtemp(join(tmpdir(), "flexvar-consumer-"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  await install(folder);
  return {
    folder,
    async bundle(bundler, text, minify = true) {
      const name = createHash("sha256").update(`${bundler}\0${text}`).digest("hex").slice(0, 12);
      const page = join(folder, `${name}.js`);
      const outDir = join(folder, name);
      await mkdir(outDir);
      await writeFile(page, text);
      await bundlers[bundler](page, outDir, minify);
      return outDir;
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function linked(folder: string): Promise<void> {
  await mkdir(join(folder, "node_modules"));
  await symlink(projectRoot, join(folder, "node_modules", "flexvar"), "junction");
}

/** A script that was made. */
export interface Script {
  readonly text: string;
  /** Bytes after gzip. */
  readonly gzip: number;
}

/** The scripts that a page loads before it begins: `main.js` and what it imports, not what it imports when asked. */
export async function loadedAtOnce(folder: string): Promise<Script[]> {
  const files = new Set(["main.js"]);
  const scripts: Script[] = [];
  for (const file of files) {
    const text = await readFile(join(folder, file), "utf8");
    scripts.push({ text, gzip: gzipSync(text).length });
    for (const [, imported] of text.matchAll(/(?:from|import) ?"([^"]+)"/g))
      files.add(posix.join(dirname(file), imported!));
  }
  return scripts;
}
