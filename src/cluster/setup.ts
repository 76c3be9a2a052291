/** What flexvar keeps on a NATS server: streams, buckets and how long each keeps what. */
import type { JetStreamManager, StreamConfig } from "@nats-io/jetstream";
import type { KV } from "@nats-io/kv";
import type { ObjectStore } from "@nats-io/obj";
import type { NatsConnection } from "@nats-io/transport-node";
import { DEAD_STREAM, FILES_BUCKET, JOBS_BUCKET, RESULT_STREAM, WORK_STREAM, WORKERS_BUCKET } from "./layout.ts";

interface Keeping {
  readonly replicas?: number | undefined;
  readonly most?: number | undefined;
  readonly keepMs?: number | undefined;
}

const NANOSECONDS = 1e6;
const DAY_MS = 24 * 3600 * 1000;
/** A worker that has not said so for this long is not there. */
export const WORKER_MS = 10_000;
/** Publishing the same message again within this time changes nothing. */
const SAME_MS = 120_000;

/** Makes streams and buckets that are not there. Those that are stay as they are, but for a bound that was asked for. */
export async function setUp(
  connection: NatsConnection,
  manager: JetStreamManager,
  options: Keeping,
): Promise<{ readonly jobs: KV; readonly workers: KV; readonly files: ObjectStore }> {
  const { replicas = 1, keepMs = 900_000 } = options;
  const [{ Kvm }, { Objm }] = await Promise.all([import("@nats-io/kv"), import("@nats-io/obj")]);
  for (const config of streams(options))
    await addStream(manager, config, options.most !== undefined && config.name === WORK_STREAM);
  const kvm = new Kvm(connection);
  const bucket = (name: string, ttl: number) => kvm.create(name, { replicas, ttl, history: 1, allow_direct: true });
  return {
    // A job that waits longest must not be forgotten before its end is.
    jobs: await bucket(JOBS_BUCKET, 2 * keepMs),
    workers: await bucket(WORKERS_BUCKET, WORKER_MS),
    files: await new Objm(connection).create(FILES_BUCKET, { replicas, ttl: 2 * keepMs * NANOSECONDS }),
  };
}

function streams({ replicas = 1, most = 10_000, keepMs = 900_000 }: Keeping): Partial<StreamConfig>[] {
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
      // Work that no machine has taken for so long nobody waits for.
      max_age: 7 * DAY_MS * NANOSECONDS,
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

async function addStream(manager: JetStreamManager, config: Partial<StreamConfig>, isAsked: boolean): Promise<void> {
  const name = config.name!;
  const known = await manager.streams.info(name).catch((error: unknown) => {
    if ((error as Error).name !== "StreamNotFoundError") throw error;
    return undefined;
  });
  if (known === undefined) await manager.streams.add(config as StreamConfig & { name: string });
  else if (isAsked && known.config.max_msgs !== config.max_msgs) await manager.streams.update(name, config);
}
