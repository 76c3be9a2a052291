/** A static host for the studio, as plain as they come: no headers but types, the shell of these sources. */
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, extname, join } from "node:path";
import { isBuilt } from "../../scripts/build.mjs";
import { bundleStudio } from "../../scripts/lib/studio.mjs";
import { type SiteContent, siteContent } from "../../src/site/index.ts";
import { projectRoot } from "../support/imports.ts";
import { MEDIA_TYPES } from "../support/media-types.ts";
import { writeFewClasses } from "./few-classes.ts";

export interface StudioSite {
  readonly address: string;
  readonly content: SiteContent;
  /** Serves another version from now on: its scripts and styles have other names, and those of before are gone. */
  renew(): Promise<void>;
  /** Answers 404 for paths that match, until told otherwise. */
  break(paths: RegExp | undefined): void;
  close(): Promise<void>;
}

type SiteSource = SiteContent extends ReadonlyMap<string, infer Source> ? Source : never;

/**
 * Builds the studio and serves it below a folder, with the model at `shipped` or a small one.
 * @param host where it listens; the address names this machine itself either way.
 */
export async function openStudio(shipped?: string, host = "127.0.0.1"): Promise<StudioSite> {
  const cache = join(projectRoot, ".cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "studio-"));
  const shell = join(folder, "shell");
  if (await isBuilt()) await cp(join(projectRoot, "dist", "studio"), shell, { recursive: true });
  else await bundleStudio(shell);
  const model = shipped ?? join(folder, "few");
  if (shipped === undefined) await writeFewClasses(model, shell);
  let content = await siteContent({ shell, model, modelHash: "0123456789abcdef" });
  let broken: RegExp | undefined;
  const server = createServer(async ({ url = "/" }, response) => {
    const path = /^\/studio\/([^?#]*)/.exec(url)?.[1];
    const file = path === "" ? "index.html" : path;
    const source = file === undefined || broken?.test(file) ? undefined : content.get(file);
    if (source === undefined) {
      response.writeHead(404).end();
      return;
    }
    const body = "text" in source ? Buffer.from(source.text) : await readFile(source.path);
    const type = MEDIA_TYPES[extname(file!)] ?? "application/octet-stream";
    response.writeHead(200, { "Content-Type": type, "Content-Length": body.length }).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, host, listening));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/studio/`,
    content,
    async renew() {
      content = await renewed(content);
    },
    break(paths) {
      broken = paths;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The same site with a letter more in the name of every script and style, wherever it is named. */
async function renewed(content: SiteContent): Promise<SiteContent> {
  const names = [...content.keys()].filter((file) => /^assets\/.+\.(js|css)$/.test(file)).map((file) => basename(file));
  const rename = (text: string): string =>
    names.reduce((all, name) => all.replaceAll(name, name.replace(/\.(js|css)$/, "n.$1")), text);
  const entries = [...content].map(async ([file, source]): Promise<[string, SiteSource]> => {
    if (!/^(assets\/.+\.(js|css)|index\.html|sw\.js)$/.test(file)) return [file, source];
    const text = "text" in source ? source.text : await readFile(source.path, "utf8");
    const named = rename(text);
    return [rename(file), { text: file === "sw.js" ? named.replace(/flexvar-shell-(?=[0-9a-f]{12})/, "$&n-") : named }];
  });
  return new Map(await Promise.all(entries));
}
