/** A site for the browser tests: the built browser entry in a bundled page, ONNX Runtime's files, a model folder. */
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { build } from "tsdown";
import { bundle, findEntries } from "../../scripts/lib/bundle.mjs";
import { importGolden } from "../support/golden.ts";
import { projectRoot } from "../support/imports.ts";
import { MEDIA_TYPES } from "../support/media-types.ts";

export interface Site {
  /** Address of a page that is cross-origin isolated, and of one that is not. */
  readonly isolated: string;
  readonly plain: string;
  /** Folder of the model on disk. */
  readonly model: string;
  close(): Promise<void>;
}

const HTML =
  '<!doctype html><meta charset="utf-8"><title>flexvar</title><link rel="icon" href="data:,"><script type="module" src="page/page.js"></script>';
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** Builds and serves the site on a free port of this machine. */
export async function openSite(): Promise<Site> {
  const cache = join(projectRoot, ".cache");
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, "browser-"));
  const folders: Readonly<Record<string, string>> = {
    page: await bundlePage(scratch),
    model: await importGolden(scratch, "FlexVAR-T-plain-f16.pth"),
    ort: join(projectRoot, "node_modules", "onnxruntime-web", "dist"),
  };
  const server = createServer(async ({ url = "/" }, response) => {
    const [, site, folder = "", file = ""] = /^\/(isolated|plain)\/(?:(\w+)\/)?([\w.-]*)$/.exec(url) ?? [];
    const headers = site === "isolated" ? ISOLATION : {};
    const type = MEDIA_TYPES[extname(file)] ?? "application/octet-stream";
    const body = await (folder === "" && file === ""
      ? HTML
      : readFile(join(folders[folder] ?? scratch, file)).catch(() => undefined));
    if (site === undefined || body === undefined) response.writeHead(404).end();
    else
      response
        .writeHead(200, {
          ...headers,
          "Content-Type": body === HTML ? "text/html" : type,
          "Content-Length": body.length,
        })
        .end(body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    isolated: `http://127.0.0.1:${port}/isolated/`,
    plain: `http://127.0.0.1:${port}/plain/`,
    model: folders.model!,
    async close() {
      await closed(server);
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

/** Bundles the browser entry as the package's build does, then the page on top of it; returns the page's folder. */
async function bundlePage(scratch: string): Promise<string> {
  const dist = join(scratch, "dist");
  await bundle({ node: {}, web: findEntries().web }, dist);
  const outDir = join(scratch, "page");
  await build({
    cwd: projectRoot,
    config: false,
    entry: [join(projectRoot, "test", "browser", "page.ts")],
    outDir,
    platform: "browser",
    format: "esm",
    fixedExtension: false,
    alias: { "flexvar/web": join(dist, "web", "index.js") },
    dts: false,
    logLevel: "silent",
    deps: { alwaysBundle: [/./] },
  });
  return outDir;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((done, failed) => server.close((error) => (error ? failed(error) : done())));
}
