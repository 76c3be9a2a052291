/** The pages of `examples/element`, built as their readers would, on a host with a strict Content-Security-Policy and without isolation. */
import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { build } from "vite";
import { encodePng } from "../../src/image/index.ts";
import { writeAssets } from "../../src/site/index.ts";
import { openConsumer } from "./bundlers.ts";
import { projectRoot } from "./imports.ts";
import { MEDIA_TYPES } from "./media-types.ts";

export const pageNames = ["html", "react", "vue"] as const;
export type PageName = (typeof pageNames)[number];

export interface ElementPages {
  readonly address: string;
  /** What browsers reported against the policy, from pages and workers. */
  readonly reports: readonly string[];
  close(): Promise<void>;
}

const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "worker-src 'self'",
  "img-src 'self' blob: data:",
  // For a server that is not the page's own.
  "connect-src 'self' http://127.0.0.1:*",
  "object-src 'none'",
  "report-uri /violations",
].join("; ");

/** @param modelIn writes a model folder into a folder and returns it. */
export async function openElementPages(modelIn: (folder: string) => Promise<string>): Promise<ElementPages> {
  const consumer = await openConsumer(async (folder) => {
    const modules = join(folder, "node_modules");
    await mkdir(join(modules, "@vitejs"), { recursive: true });
    await symlink(projectRoot, join(modules, "flexvar"), "junction");
    for (const name of ["react", "react-dom", "vue", "@vitejs/plugin-vue"])
      await symlink(join(projectRoot, "node_modules", name), join(modules, name), "junction");
    await cp(join(projectRoot, "examples", "element"), join(folder, "element"), { recursive: true });
  });
  const sources = join(consumer.folder, "element");
  const site = join(consumer.folder, "site");
  for (const name of ["react", "vue"])
    await build({ root: join(sources, name), logLevel: "error", build: { outDir: join(site, name), minify: false } });
  await cp(join(sources, "html"), join(site, "html"), { recursive: true });
  // The page without a bundler has the files that `flexvar assets` writes; the others need the model alone.
  const model = await modelIn(consumer.folder);
  await writeAssets(join(site, "html", "flexvar"), { worker: join(projectRoot, "dist", "web", "assets"), model });
  for (const name of ["react", "vue"]) await cp(model, join(site, name, "flexvar", "model"), { recursive: true });

  const reports: string[] = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://site");
    if (pathname === "/violations") {
      for await (const text of request.setEncoding("utf8")) reports.push(text);
      response.writeHead(204).end();
      return;
    }
    const file = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
    const picture = file.endsWith("/picture.png") ? PICTURE : undefined;
    const body = picture ?? (await readFile(join(site, decodeURI(file))).catch(() => undefined));
    const headers = {
      "Content-Type": MEDIA_TYPES[extname(file)] ?? "application/octet-stream",
      "Content-Security-Policy": POLICY,
    };
    if (body === undefined) response.writeHead(404, headers).end();
    else response.writeHead(200, headers).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    reports,
    async close() {
      server.closeAllConnections();
      server.close();
      await consumer.close();
    },
  };
}

/** Two colours, 64 by 64. */
const PICTURE = encodePng({
  width: 64,
  height: 64,
  data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (Math.floor(i / 3) % 64 < 32 ? 40 + 60 * (i % 3) : 230)),
});
