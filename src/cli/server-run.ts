/** A server from flags to its end: what `serve` and `studio` share. */
import { existsSync } from "node:fs";
import { isIP, isIPv4 } from "node:net";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { version } from "../../package.json";
import { packageRoot } from "../files/index.ts";
import {
  type Allowance,
  type CallerBooks,
  createServerApp,
  DEFAULT_LIMITS,
  LOG_LEVELS,
  type LogLevel,
  listen,
  memoryBooks,
  type ServerOptions,
  stderrLog,
} from "../server/index.ts";
import { siteContent } from "../site/index.ts";
import { type ClusterFlags, openClusterOf } from "./cluster-flags.ts";
import type { Outcome, Running } from "./command.ts";
import { UsageError } from "./errors.ts";
import { addBatchFlag, addComputeFlags, type ComputeFlags, wholeNumber } from "./flags.ts";
import { knownModel, openServed } from "./served.ts";

export interface ServerFlags extends ComputeFlags, ClusterFlags {
  readonly host: string;
  readonly port: number;
  /** False: none is asked for. */
  readonly token?: string | false;
  readonly allowHost?: readonly string[];
  readonly origin?: readonly string[];
  readonly logLevel?: LogLevel;
  readonly queue?: number;
  readonly callerRate?: number;
  readonly callerBurst?: number;
  readonly callerHeader?: string;
  readonly batch?: number;
  readonly quiet?: boolean;
}

export function addServerFlags(command: Command): Command {
  addComputeFlags(command)
    .optionsGroup("Server:")
    .option("--host <ADDRESS>", "address to listen on", "127.0.0.1")
    .option("--port <N>", "port to listen on; 0: a free one", wholeNumber("port", 0, 65535), 8080)
    .option("--token <TEXT>", "bearer token that calls must carry; or the variable FLEXVAR_TOKEN")
    .option("--no-token", "ask for none: with --host, whoever reaches the address may use the server")
    .option("--allow-host <NAME...>", "names by which the server is called, beside addresses and localhost", addHost)
    .option("--origin <ORIGIN...>", "web origins whose pages may call beside the server's own", addOrigin)
    .addOption(new Option("--log-level <LEVEL>", "what of requests is written, as lines of JSON").choices(LOG_LEVELS))
    .option(
      "--queue <N>",
      "jobs that may wait, beside those at work; 64 by default; of a cluster pictures, 10000",
      wholeNumber("queue", 1, 100_000),
    )
    .option(
      "--caller-rate <N>",
      "work a minute that each caller may ask for, in pictures of the trained size; without bound by default",
      wholeNumber("caller-rate", 1, 1_000_000),
    )
    .option(
      "--caller-burst <N>",
      "most of it at once; a minute's by default",
      wholeNumber("caller-burst", 1, 1_000_000),
    )
    .option(
      "--caller-header <NAME>",
      "header by which the proxy in front tells who calls; by default callers are told apart by address",
      headerName,
    );
  return addBatchFlag(command, "most pictures side by side; 8 by default, fewer where grids are large", 256);
}

/** A header's name, in lower case. @throws UsageError for other texts */
function headerName(text: string): string {
  if (/^[\w-]{1,100}$/.test(text)) return text.toLowerCase();
  throw new UsageError(`--caller-header: expected a header's name such as x-forwarded-for, got "${text}"`);
}

/** What each caller may ask for, as the flags say; undefined without bound. @throws UsageError for flags without --caller-rate */
function allowanceOf({ callerRate, callerBurst, callerHeader }: ServerFlags): Allowance | undefined {
  if (callerRate !== undefined) return { perMinute: callerRate, burst: callerBurst ?? callerRate };
  const given =
    callerBurst !== undefined ? "--caller-burst" : callerHeader !== undefined ? "--caller-header" : undefined;
  if (given !== undefined) throw new UsageError(`${given}: expected --caller-rate beside it, got none`);
  return undefined;
}

/** What a server that listens is like. */
export interface Started {
  readonly url: string;
  readonly token: string | undefined;
}

/** The built studio, where it is there. */
export function studioShell(): string | undefined {
  const shell = join(packageRoot(), "dist", "studio");
  return existsSync(join(shell, "index.html")) ? shell : undefined;
}

/**
 * The token that calls must carry: the flag's, or the environment's where that says anything.
 * @param flag false: none is wanted, whatever the environment says.
 * @throws UsageError for a blank flag, and for a text that no header carries.
 */
export function serverToken(flag: string | false | undefined, environment: string | undefined): string | undefined {
  if (flag === false) return undefined;
  const token = flag?.trim() ?? environment?.trim();
  if (flag !== undefined && token === "") throw new UsageError(`--token: expected some text, got "${flag}"`);
  if (token === undefined || token === "") return undefined;
  if (/^[ -~]+$/.test(token)) return token;
  throw new UsageError(
    `${flag === undefined ? "FLEXVAR_TOKEN" : "--token"}: expected visible ASCII characters, which a header can carry, got others`,
  );
}

/** Adds a name by which the server is called. @throws UsageError for other texts. */
export function addHost(text: string, others: readonly string[] = []): readonly string[] {
  const url = `http://${text}`;
  if (/^[\p{L}\p{N}.-]+$/u.test(text) && URL.canParse(url)) return [...others, new URL(url).hostname];
  throw new UsageError(`--allow-host: expected a name such as pictures.example.org, got "${text}"`);
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

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));

/**
 * What to say of a server that strangers may use: one on an address that is not this machine's own, without a token.
 * @throws UsageError where that was not asked for with `--no-token`.
 */
export function openWarning(host: string, token: string | undefined, isWanted: boolean): string | undefined {
  if (token !== undefined || isLoopback(host)) return undefined;
  if (isWanted) return `warning: whoever reaches ${host} may use this server, for it asks for no token`;
  throw new UsageError(
    `--host: expected --token or FLEXVAR_TOKEN with ${host}, which other machines reach, got none; --no-token lets everyone in`,
  );
}

/** Serves until the signal. @param started is told once the port is open. */
export async function runServer(
  flags: ServerFlags,
  { report, signal }: Running,
  started?: (server: Started) => Promise<void>,
): Promise<Outcome> {
  const token = serverToken(flags.token, process.env.FLEXVAR_TOKEN);
  const warning = openWarning(flags.host, token, flags.token === false);
  const allowance = allowanceOf(flags);
  const { folder, model, renderer, engine, books, close } = await served(flags, report, allowance);
  try {
    const { batch, queue, origin, host, port, allowHost = [], logLevel } = flags;
    const shell = studioShell();
    const site = { shell: shell ?? "", model: folder, modelHash: model.hash };
    const server = createServerApp({
      model,
      site: shell === undefined ? undefined : await siteContent(site, "server"),
      renderer,
      engine,
      version,
      log: stderrLog(logLevel ?? (flags.quiet === true ? "error" : "info")),
      token,
      origins: origin,
      // The name to listen on is one to be called by.
      hosts: isIP(host) > 0 ? allowHost : [host, ...allowHost],
      callers: books && { books, header: flags.callerHeader },
      limits: queue === undefined ? {} : { queue },
      batchSize: batch === undefined ? undefined : () => batch,
    });
    const listening = await listen(server, { host, port });
    if (warning !== undefined) report.log(warning);
    report.log(`listening on ${listening.url}`);
    await started?.({ url: listening.url, token });
    await new Promise<void>((done) => {
      if (signal.aborted) done();
      signal.addEventListener("abort", () => done());
    });
    report.log("stopping: jobs at work end first");
    await listening.close();
    return { json: { url: listening.url } };
  } finally {
    await close();
  }
}

type Served = Pick<ServerOptions, "model" | "renderer" | "engine"> & {
  readonly books: CallerBooks | undefined;
  readonly folder: string;
  readonly close: () => Promise<void>;
};

/** Flags of who draws. */
const WORKERS_OWN = [
  ["device", "--device"],
  ["dtype", "--dtype"],
  ["threads", "--threads"],
  ["lowMemory", "--low-memory"],
  ["memory", "--memory"],
  ["batch", "--batch"],
] as const;

/** The model here, or, with `--cluster`, what is known of it and the way to the workers that have it. */
async function served(
  flags: ServerFlags,
  report: Running["report"],
  allowance: Allowance | undefined,
): Promise<Served> {
  if (flags.cluster === undefined) {
    const { folder, model, renderer } = await openServed(flags, report);
    return { folder, model, renderer, books: allowance && memoryBooks(allowance), close: () => renderer.dispose() };
  }
  for (const [name, flag] of WORKERS_OWN)
    if (flags[name] !== undefined)
      throw new UsageError(`${flag}: expected none with --cluster, for its workers draw; give it to flexvar worker`);
  const { clusterBooks, clusterCosts, clusterEngine, lanesOf } = await import("../cluster/index.ts");
  const { folder, model } = await knownModel(flags);
  const onMessage = (line: string): void => report.log(line);
  const cluster = await openClusterOf(flags, {
    name: "flexvar serve",
    onMessage,
    ...(flags.queue && { most: flags.queue }),
  });
  const looked = clusterCosts({ cluster, model, seconds: DEFAULT_LIMITS.jobMs / 1000, onMessage });
  return {
    folder,
    books: allowance && (await clusterBooks(cluster, allowance, flags.replicas)),
    model: {
      ...model,
      get costs() {
        return looked.costs;
      },
    },
    engine: clusterEngine({ cluster, model: model.hash, laneOf: lanesOf(model.config) }),
    async close() {
      looked.stop();
      await cluster.close();
    },
  };
}
