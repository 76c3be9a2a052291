/** A connection to a NATS server with JetStream, with what flexvar keeps there made on first use. NATS's packages are loaded only here. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { JetStreamClient, JetStreamManager, StreamConfig } from "@nats-io/jetstream";
import type { KV } from "@nats-io/kv";
import type { ObjectStore } from "@nats-io/obj";
import type { ConnectionOptions, NatsConnection } from "@nats-io/transport-node";
import { ExpectedError, OptionError } from "../errors/index.ts";
import { DEAD_STREAM, FILES_BUCKET, JOBS_BUCKET, RESULT_STREAM, WORK_STREAM, WORKERS_BUCKET } from "./layout.ts";

export interface ClusterOptions {
  /** `nats://` or `tls://` addresses between commas; a user and password, or a token before `@`, may be in it. */
  readonly url: string;
  /** A credentials file (JWT and seed), as NATS's accounts give them. */
  readonly creds?: string | undefined;
  /** A file with the certificate authority of the server, in PEM. */
  readonly ca?: string | undefined;
  /** Copies of everything kept, on as many servers; 1 by default. */
  readonly replicas?: number | undefined;
  /** Most pictures that wait; 10,000 by default. */
  readonly most?: number | undefined;
  /** How long results and what became of jobs are kept, in ms; 15 minutes by default. */
  readonly keepMs?: number | undefined;
  /** What the server's list of connections calls this one. */
  readonly name?: string | undefined;
}

/** What front ends and workers use of NATS. */
export interface Cluster {
  readonly connection: NatsConnection;
  readonly stream: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly jobs: KV;
  readonly workers: KV;
  readonly files: ObjectStore;
  /** Sends what is under way, then hangs up. */
  close(): Promise<void>;
}

const NANOSECONDS = 1e6;
/** Longest that closing waits for the server, in ms. */
const CLOSE_MS = 2000;
const DAY_MS = 24 * 3600 * 1000;
/** A worker that has not said so for this long is not there. */
export const WORKER_MS = 10_000;
/** Publishing the same message again within this time changes nothing. */
const SAME_MS = 120_000;

/** Connects, and makes streams and buckets that are not there yet. @throws OptionError, ExpectedError in words */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const { replicas = 1, keepMs = 900_000 } = options;
  const connection = await connect(options);
  try {
    const { jetstream, jetstreamManager } = await import("@nats-io/jetstream");
    const [{ Kvm }, { Objm }] = await Promise.all([import("@nats-io/kv"), import("@nats-io/obj")]);
    const manager = await jetstreamManager(connection);
    for (const config of streams(options))
      await addStream(manager, config, options.most !== undefined && config.name === WORK_STREAM);
    const kvm = new Kvm(connection);
    const bucket = (name: string, ttl: number) => kvm.create(name, { replicas, ttl, history: 1, allow_direct: true });
    return {
      connection,
      manager,
      stream: jetstream(connection),
      // A job that waits longest must not be forgotten before its end is.
      jobs: await bucket(JOBS_BUCKET, 2 * keepMs),
      workers: await bucket(WORKERS_BUCKET, WORKER_MS),
      files: await new Objm(connection).create(FILES_BUCKET, { replicas, ttl: 2 * keepMs * NANOSECONDS }),
      async close() {
        // Without a server there is nobody to send the rest to.
        await Promise.race([connection.drain(), sleep(CLOSE_MS)]).catch(() => undefined);
        await connection.close();
      },
    };
  } catch (error) {
    await connection.close();
    throw unusable(options.url, error);
  }
}

async function connect({ url, creds, ca, name }: ClusterOptions): Promise<NatsConnection> {
  const { connect, credsAuthenticator } = await import("@nats-io/transport-node");
  const servers = url.split(",").map((text) => text.trim());
  const first = servers.map(parsed)[0]!;
  const { username, password } = first;
  const options: ConnectionOptions = {
    servers: servers.map((text) => bare(parsed(text))),
    ...(name !== undefined && { name }),
    ...(password !== "" && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    ...(password === "" && username !== "" && { token: decodeURIComponent(username) }),
    ...(creds !== undefined && { authenticator: credsAuthenticator(await readFile(creds)) }),
    ...((ca !== undefined || first.protocol === "tls:") && { tls: ca === undefined ? {} : { caFile: ca } }),
    // A server that is away comes back: what waits for it tries again until somebody stops it.
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    timeout: 5000,
    // Stacks of requests that went well cost as much as the requests.
    noAsyncTraces: true,
  };
  try {
    return await connect(options);
  } catch (error) {
    throw unusable(url, error);
  }
}

function parsed(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["nats:", "tls:"].includes(url.protocol) || url.hostname === "")
    throw new OptionError("cluster", "an address such as nats://host:4222", `"${withoutSecret(text)}"`);
  return url;
}

const bare = ({ host }: URL): string => `nats://${host}`;

/** An address for messages. */
const withoutSecret = (url: string): string => url.replaceAll(/\/\/[^@/,]{0,2000}@/g, "//");

/** What to tell of a server that cannot be used. */
function unusable(url: string, cause: unknown): Error {
  if (cause instanceof OptionError) return cause;
  const words = cause instanceof Error ? cause.message : String(cause);
  const got = /jetstream|no responders/i.test(words)
    ? `none (${words}); start it with nats-server --jetstream --store_dir FOLDER`
    : words;
  return new ExpectedError(`cluster: expected a NATS server with JetStream at ${withoutSecret(url)}, got ${got}`, {
    cause,
  });
}

function streams({ replicas = 1, most = 10_000, keepMs = 900_000 }: ClusterOptions): Partial<StreamConfig>[] {
  const all = { num_replicas: replicas, storage: "file" as const, duplicate_window: SAME_MS * NANOSECONDS };
  return [
    {
      ...all,
      name: WORK_STREAM,
      subjects: ["flexvar.work.>"],
      retention: "workqueue",
      // What is full refuses, and forgets nothing that waits.
      discard: "new",
      max_msgs: most,
    },
    {
      ...all,
      name: RESULT_STREAM,
      subjects: ["flexvar.result.>"],
      max_msgs_per_subject: 1,
      // As long as the ends of their jobs.
      max_age: 2 * keepMs * NANOSECONDS,
      allow_direct: true,
    },
    { ...all, name: DEAD_STREAM, subjects: ["flexvar.dead.>"], max_age: 30 * DAY_MS * NANOSECONDS },
  ];
}

/** Makes a stream. One that is there stays as it is, but for a bound that was asked for. */
async function addStream(manager: JetStreamManager, config: Partial<StreamConfig>, isAsked: boolean): Promise<void> {
  const name = config.name!;
  const known = await manager.streams.info(name).catch(() => undefined);
  if (known === undefined) await manager.streams.add(config as StreamConfig & { name: string });
  else if (isAsked && known.config.max_msgs !== config.max_msgs) await manager.streams.update(name, config);
}
