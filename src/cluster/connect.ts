/** A connection to a NATS server with JetStream, with what flexvar keeps there made on first use, and again where the server has lost it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { JetStreamClient, JetStreamManager } from "@nats-io/jetstream";
import type { KV } from "@nats-io/kv";
import type { ObjectStore } from "@nats-io/obj";
import type { MsgHdrs, NatsConnection } from "@nats-io/transport-node";
import { connectTo, type Entrance, isNotThereYet, unusable, withoutSecret } from "./address.ts";
import { persist } from "./retry.ts";
import { setUp } from "./setup.ts";

export interface ClusterOptions extends Entrance {
  /** Copies of everything kept, on as many servers; 1 by default. */
  readonly replicas?: number | undefined;
  /** Most pictures that wait; 10,000 by default. */
  readonly most?: number | undefined;
  /** How long results and what became of jobs are kept, in ms; 15 minutes by default. */
  readonly keepMs?: number | undefined;
  /** How long a server that is not there yet is waited for, in ms; not at all by default. */
  readonly waitMs?: number | undefined;
  /** Is told when the server goes and comes back. */
  readonly onMessage?: ((line: string) => void) | undefined;
}

/** What front ends and workers use of NATS. */
export interface Cluster {
  readonly connection: NatsConnection;
  readonly stream: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly jobs: KV;
  readonly workers: KV;
  readonly files: ObjectStore;
  /** Headers of a message, none yet. */
  readonly headers: () => MsgHdrs;
  /** Sends what is under way, then hangs up. */
  close(): Promise<void>;
}

/** Longest that closing waits for the server, in ms. */
const CLOSE_MS = 2000;

/** Connects, and makes streams and buckets that are not there yet. @throws OptionError, ExpectedError in words */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const { url, waitMs = 0, onMessage } = options;
  let isSaid = false;
  try {
    return await persist(() => opened(options), {
      untilMs: Date.now() + waitMs,
      isLasting: (error) => !isNotThereYet(error),
      onFault() {
        if (!isSaid) onMessage?.(`waiting for a NATS server at ${withoutSecret(url)}`);
        isSaid = true;
      },
    });
  } catch (error) {
    throw unusable(url, error);
  }
}

async function opened(options: ClusterOptions): Promise<Cluster> {
  const connection = await connectTo(options);
  try {
    const { jetstream, jetstreamManager } = await import("@nats-io/jetstream");
    const { headers } = await import("@nats-io/transport-node");
    const manager = await jetstreamManager(connection);
    const kept = await setUp(connection, manager, options);
    void watch(connection, options, () => setUp(connection, manager, options));
    return {
      connection,
      manager,
      stream: jetstream(connection),
      ...kept,
      headers: () => headers(),
      async close() {
        // Without a server there is nobody to send the rest to.
        await Promise.race([connection.drain(), sleep(CLOSE_MS)]).catch(() => undefined);
        await connection.close();
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** Tells when the server goes and comes; one that comes back may have lost what was kept there. */
async function watch(
  connection: NatsConnection,
  { url, onMessage }: ClusterOptions,
  again: () => Promise<unknown>,
): Promise<void> {
  const at = withoutSecret(url);
  for await (const { type } of connection.status()) {
    if (type === "disconnect") onMessage?.(`the NATS server at ${at} is away; trying again until it is back`);
    if (type !== "reconnect") continue;
    onMessage?.(`the NATS server at ${at} is back`);
    await persist(again).catch((error: unknown) => onMessage?.(unusable(url, error).message));
  }
}
