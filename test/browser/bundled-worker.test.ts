/** `createWorkerPipeline` in pages that other people's bundlers make, at their defaults but for minifying, which takes a minute. */
import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, stat } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { FlexVAR, type GenerateOptions } from "flexvar";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildAll } from "../../scripts/build.mjs";
import { findChromium } from "../../scripts/lib/tools.mjs";
import { makeWebPackage } from "../../scripts/web-package.mjs";
import { writeAssets } from "../../src/site/index.ts";
import { type BundlerName, type Consumer, openConsumer } from "../support/bundlers.ts";
import { importGolden } from "../support/golden.ts";
import { projectRoot } from "../support/imports.ts";
import { MEDIA_TYPES } from "../support/media-types.ts";

const run = promisify(execFile);
const executablePath = findChromium();
const missing = executablePath === undefined && process.env.FLEXVAR_REQUIRE_CHROMIUM === undefined;
/** Where the package has to be built first. */
const BUILD_MS = 300_000;
const OPTIONS: GenerateOptions = { classLabels: [3], size: "64", scales: "1,2,4", seed: 7 };

/** What the page answers. */
interface Drawn {
  readonly device: string;
  readonly tokens: readonly (readonly number[])[];
  readonly width: number;
  readonly pixels: readonly number[];
  readonly refused: string;
  readonly stopped: string;
}

const pageOf = (name: string): string => `import { createWorkerPipeline } from "${name}/worker";
globalThis.draw = async (options) => {
  const pipe = await createWorkerPipeline("model/");
  const tokens = [];
  let last;
  for await (const step of pipe.generate(options)) {
    tokens.push([...step.tokens]);
    last = step;
  }
  const { data, width } = await last.picture(0);
  const refused = await pipe.generate({ ...options, seed: -1 }).next().catch((error) => error.name + ": " + error.parameter);
  const stopper = new AbortController();
  const stopped = await (async () => {
    for await (const step of pipe.generate({ ...options, signal: stopper.signal })) stopper.abort("enough");
  })().catch(String);
  await pipe.dispose();
  return { device: pipe.device, tokens, width, pixels: [...data], refused, stopped };
};
`;
const HTML =
  '<!doctype html><meta charset="utf-8"><title>page</title><link rel="icon" href="data:,"><script type="module" src="main.js"></script>';
describe.skipIf(missing)("a pipeline in a worker", { timeout: 180_000 }, () => {
  let consumer: Consumer;
  let browser: Browser;
  let server: Server;
  let root = "";
  let model = "";

  beforeAll(async () => {
    await buildAll({ ifNeeded: true });
    consumer = await openConsumer();
    model = await importGolden(consumer.folder, "FlexVAR-T-plain-f16.pth");
    browser = await chromium.launch({
      ...(executablePath && { executablePath }),
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
    });
    server = createServer(async ({ url = "/" }, response) => {
      const body = url === "/" ? HTML : await readFile(join(root, decodeURI(url))).catch(() => undefined);
      const type = url === "/" ? "text/html" : (MEDIA_TYPES[extname(url)] ?? "application/octet-stream");
      if (body === undefined) response.writeHead(404).end();
      else response.writeHead(200, { "Content-Type": type, "Content-Length": body.length }).end(body);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  }, BUILD_MS);

  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
    await consumer?.close();
  });

  async function draw(bundler: BundlerName, from: Consumer = consumer, name = "flexvar"): Promise<Drawn> {
    root = await from.bundle(bundler, pageOf(name), false);
    if (bundler === "esbuild") await writeAssets(root, { worker: join(projectRoot, "dist", "web", "assets") });
    await mkdir(join(root, "model"), { recursive: true });
    await cp(model, join(root, "model"), { recursive: true });
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on(
      "console",
      (message) => message.type() === "error" && errors.push(`${message.text()} ${message.location().url}`),
    );
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const drawn = await page
      .evaluate((options) => (globalThis as unknown as { draw(given: object): Promise<Drawn> }).draw(options), OPTIONS)
      .catch((error) => error);
    expect({ errors, drawn: drawn instanceof Error ? drawn.message : "" }).toEqual({ errors: [], drawn: "" });
    await page.close();
    return drawn;
  }

  test.each([
    ["vite", "by itself"],
    ["webpack", "by itself"],
    ["esbuild", "beside its script, where `flexvar assets` wrote them"],
  ] as const)("a page made by %s finds worker and runtime %s", async (bundler, _where) => {
    const drawn = await draw(bundler);
    expect(drawn.tokens).toEqual(await tokensInNode());
    expect(drawn.device).toMatch(/^onnxruntime-web .*wasm, 1 thread$/);
    expect([drawn.width, drawn.pixels.length]).toEqual([64, 64 * 64 * 3]);
    expect(drawn.refused).toBe("OptionError: seed");
    expect(drawn.stopped).toBe("enough");
  });

  test("the package for pages alone is small, and draws the same", async () => {
    const alone = await openConsumer(async (folder) => {
      const made = join(folder, "made");
      await makeWebPackage(made);
      const { stdout } = await run("npm", ["pack", "--json", "--silent", "--pack-destination", folder], { cwd: made });
      const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
      const args = ["install", "--prefer-offline", "--no-audit", "--no-fund", join(folder, filename)];
      await run("npm", args, { cwd: folder });
    });
    try {
      const installed = join(alone.folder, "node_modules");
      expect(await bytesIn(installed)).toBeLessThan(60e6);
      expect((await readdir(installed)).sort()).toEqual([
        ".bin",
        ".package-lock.json",
        "fflate",
        "flexvar-web",
        "onnxruntime-common",
        "zod",
      ]);
      expect((await draw("vite", alone, "flexvar-web")).tokens).toEqual(await tokensInNode());
      // For other bundlers, what `flexvar assets` of the whole package writes.
      const written = join(alone.folder, "assets");
      await run(process.execPath, [join(installed, "flexvar-web", "bin", "assets.mjs"), written]);
      const whole = join(alone.folder, "whole");
      await writeAssets(whole, { worker: join(projectRoot, "dist", "web", "assets") });
      expect((await readdir(written)).sort()).toEqual((await readdir(whole)).sort());
    } finally {
      await alone.close();
    }
  });

  async function tokensInNode(): Promise<number[][]> {
    const pipe = await FlexVAR.fromPretrained(model, { device: "cpu" });
    const tokens: number[][] = [];
    for await (const step of pipe.generate(OPTIONS)) tokens.push([...step.tokens]);
    await pipe.dispose();
    return tokens;
  }
});

/** Bytes of all files in a folder and below it. */
async function bytesIn(folder: string): Promise<number> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    found.filter((one) => one.isFile()).map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
