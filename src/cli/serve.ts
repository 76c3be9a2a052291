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
import { type Context, carryOut, type Outcome, type Running } from "./command.ts";
import { addComputeFlags, type ComputeFlags, wholeNumber } from "./flags.ts";
import { modelHash } from "./identity.ts";
import { findModel, shownPath } from "./model.ts";
import { packageRoot } from "./package.ts";

interface ServeFlags extends ComputeFlags {
  readonly host: string;
  readonly port: number;
  readonly token?: string;
  readonly origin?: readonly string[];
  readonly queue?: number;
  readonly batch?: number;
}

/** `flexvar serve`. */
export function define(command: Command, context: Context): void {
  command.description(
    "Serves the HTTP API: OpenAI's image paths with flexvar's fields; /openapi.json describes it. Listens on 127.0.0.1 " +
      "unless told. The first Ctrl-C lets the jobs at work end, a second ends at once.",
  );
  addComputeFlags(command)
    .optionsGroup("Server:")
    .option("--host <ADDRESS>", "address to listen on", "127.0.0.1")
    .option("--port <N>", "port to listen on; 0: a free one", wholeNumber("port", 0, 65535), 8080)
    .option("--token <TEXT>", "bearer token that calls must carry; or the variable FLEXVAR_TOKEN")
    .option("--origin <ORIGIN...>", "web origins whose pages may call beside the server's own")
    .option("--queue <N>", "jobs that may wait; 64 unless told", wholeNumber("queue", 1, 100_000))
    .option(
      "--batch <N>",
      "most pictures side by side; 8 unless told, fewer where grids are large",
      wholeNumber("batch", 1, 256),
    );
  carryOut(command, context, ["flexvar serve --port 8080", "FLEXVAR_TOKEN=secret flexvar serve --host 0.0.0.0"], serve);
}

/** Names that reach a loopback address. */
const LOCAL = ["127.0.0.1", "localhost", "[::1]"];

async function serve(_: readonly string[], flags: ServeFlags, { report, signal }: Running): Promise<Outcome> {
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
    const shell = join(packageRoot(), "dist", "studio");
    const hasStudio = existsSync(join(shell, "index.html"));
    const server = createServerApp({
      model: { name: basename(resolve(folder)), hash, config },
      site: hasStudio ? await siteContent({ shell, model: folder, modelHash: hash }) : undefined,
      maker,
      version,
      token: flags.token ?? process.env.FLEXVAR_TOKEN,
      origins: origin,
      hosts: isLocal ? LOCAL : undefined,
      limits: queue === undefined ? {} : { queue },
      batchSize: batch === undefined ? undefined : () => batch,
    });
    const listening = await listen(server, { host, port });
    report.log(`listening on ${listening.url}`);
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
