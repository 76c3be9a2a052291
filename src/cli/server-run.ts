/** A server from flags to its end: what `serve` and `studio` share. */
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Command } from "commander";
import { version } from "../../package.json";
import type { FromPretrainedOptions } from "../open.ts";
import { openFolder } from "../pretrained/node.ts";
import { createServerApp, listen, localMaker, type PictureMaker, threadMaker } from "../server/index.ts";
import { siteContent } from "../site/index.ts";
import type { Outcome, Running } from "./command.ts";
import { UsageError } from "./errors.ts";
import { addComputeFlags, type ComputeFlags, wholeNumber } from "./flags.ts";
import { modelHash } from "./identity.ts";
import { findModel, shownPath } from "./model.ts";
import { packageRoot } from "./package.ts";

export interface ServerFlags extends ComputeFlags {
  readonly host: string;
  readonly port: number;
  readonly token?: string;
  readonly origin?: readonly string[];
  readonly queue?: number;
  readonly batch?: number;
}

export function addServerFlags(command: Command): Command {
  return addComputeFlags(command)
    .optionsGroup("Server:")
    .option("--host <ADDRESS>", "address to listen on", "127.0.0.1")
    .option("--port <N>", "port to listen on; 0: a free one", wholeNumber("port", 0, 65535), 8080)
    .option("--token <TEXT>", "bearer token that calls must carry; or the variable FLEXVAR_TOKEN")
    .option("--origin <ORIGIN...>", "web origins whose pages may call beside the server's own", addOrigin)
    .option("--queue <N>", "jobs that may wait, beside those at work; 64 unless told", wholeNumber("queue", 1, 100_000))
    .option(
      "--batch <N>",
      "most pictures side by side; 8 unless told, fewer where grids are large",
      wholeNumber("batch", 1, 256),
    );
}

/** What a server that listens is like. */
export interface Started {
  readonly url: string;
  readonly token: string | undefined;
}

/** Names that reach a loopback address. */
const LOCAL = ["127.0.0.1", "localhost", "[::1]"];

/** The built studio, where it is there. */
export function studioShell(): string | undefined {
  const shell = join(packageRoot(), "dist", "studio");
  return existsSync(join(shell, "index.html")) ? shell : undefined;
}

/** The token that calls must carry: the flag's, or the environment's where that says anything. @throws UsageError for a blank flag. */
export function serverToken(flag: string | undefined, environment: string | undefined): string | undefined {
  const token = flag?.trim() ?? environment?.trim();
  if (flag !== undefined && token === "") throw new UsageError(`--token: expected some text, got "${flag}"`);
  return token === "" ? undefined : token;
}

/** Adds an origin as browsers send it, or `*` for all. @throws UsageError for other texts, which no page's origin equals. */
export function addOrigin(text: string, others: readonly string[] = []): readonly string[] {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Pages of browser extensions have schemes of their own, whose origin URL does not tell.
  const origin = url?.origin === "null" && url.host !== "" ? `${url.protocol}//${url.host}` : url?.origin;
  if (text !== "*" && (origin !== text || origin === "null"))
    throw new UsageError(`--origin: expected an origin such as https://example.org, or * for all, got "${text}"`);
  return [...others, text];
}

/** What to say of a server that strangers may use: one on an address that is not this machine's own, without a token. */
export function openWarning(host: string, token: string | undefined): string | undefined {
  if (token !== undefined || LOCAL.includes(host) || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host))
    return undefined;
  return `warning: whoever reaches ${host} may use this server; --token or FLEXVAR_TOKEN asks them for a token`;
}

/** Serves until the signal. @param started is told once the port is open. */
export async function runServer(
  flags: ServerFlags,
  { report, signal }: Running,
  started: (server: Started) => void | Promise<void>,
): Promise<Outcome> {
  const token = serverToken(flags.token, process.env.FLEXVAR_TOKEN);
  const folder = findModel(flags.model);
  const { config, close: closeFolder } = await openFolder(folder);
  await closeFolder();
  report.log(`opening ${shownPath(folder)}`);
  const { device, dtype, threads, lowMemory } = flags;
  const maker = await openMaker(folder, { device, dtype, threads, lowMemory });
  try {
    const { batch, queue, origin, host, port } = flags;
    const isLocal = LOCAL.includes(host) || host === "::1";
    const hash = await modelHash(folder);
    const shell = studioShell();
    const server = createServerApp({
      model: { name: basename(resolve(folder)), hash, config },
      site: shell === undefined ? undefined : await siteContent({ shell, model: folder, modelHash: hash }, "server"),
      maker,
      version,
      token,
      origins: origin,
      hosts: isLocal ? LOCAL : undefined,
      limits: queue === undefined ? {} : { queue },
      batchSize: batch === undefined ? undefined : () => batch,
    });
    const listening = await listen(server, { host, port });
    const warning = openWarning(host, token);
    if (warning !== undefined) report.log(warning);
    report.log(`listening on ${listening.url}`);
    await started({ url: listening.url, token });
    await new Promise<void>((done) => {
      if (signal.aborted) done();
      signal.addEventListener("abort", () => done());
    });
    report.log("stopping: jobs at work end first");
    await listening.close();
    return { json: { url: listening.url } };
  } finally {
    await maker.dispose();
  }
}

/** The model in a thread of its own. Sources run where threads cannot load TypeScript: there in this thread. */
async function openMaker(folder: string, options: FromPretrainedOptions): Promise<PictureMaker> {
  const here = fileURLToPath(new URL(".", import.meta.url));
  const built = [join(here, "workers"), join(here, "..", "workers")].map((at) => join(at, "maker.worker.js"));
  const file = built.find(existsSync);
  if (file !== undefined) return threadMaker(new Worker(file, { workerData: { folder, options } }));
  return localMaker(await (await import("../open.ts")).FlexVAR.fromPretrained(folder, options));
}
