/** How a cluster stands: what its server knows of the queues, what workers say of themselves. Asked for when somebody looks, never for a job. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ConsumerInfo } from "@nats-io/jetstream";
import type { ClusterState, QueueState } from "../server/index.ts";
import type { Cluster } from "./connect.ts";
import { DEAD_STREAM, deadSubject, placeOfFilter, WORK_STREAM } from "./layout.ts";
import { workersOf } from "./registry.ts";

/** A state is told again for so long, in ms: several that look at once ask the server once. */
const FRESH_MS = 2000;
/** Longest that somebody who looks waits, in ms. */
const LOOK_MS = 1500;

/** Looks at a cluster; undefined where its server does not answer in time. */
export function clusterLook(cluster: Cluster): () => Promise<ClusterState | undefined> {
  return shared(() => stateOf(cluster), { freshMs: FRESH_MS, waitMs: LOOK_MS });
}

/** Something that is looked at now and again: once at a time, told again while it is fresh, undefined where it failed or takes long. */
export function shared<T>(look: () => Promise<T>, { freshMs, waitMs }: { freshMs: number; waitMs: number }) {
  let last: { readonly value: T; readonly at: number } | undefined;
  let running: Promise<T | undefined> | undefined;
  const begin = async (): Promise<T | undefined> => {
    try {
      const value = await look();
      last = { value, at: performance.now() };
      return value;
    } catch {
      return undefined;
    } finally {
      running = undefined;
    }
  };
  return async (): Promise<T | undefined> => {
    if (last !== undefined && performance.now() - last.at < freshMs) return last.value;
    running ??= begin();
    const late = new AbortController();
    const wait = sleep(waitMs, undefined, { signal: late.signal, ref: false }).catch(() => undefined);
    try {
      return await Promise.race([running, wait]);
    } finally {
      late.abort();
    }
  };
}

async function stateOf(cluster: Cluster): Promise<ClusterState> {
  const { streams, consumers } = cluster.manager;
  const [work, dead, workers, queues] = await Promise.all([
    streams.info(WORK_STREAM),
    streams.info(DEAD_STREAM, { subjects_filter: deadSubject("*") }),
    workersOf(cluster),
    all(consumers.list(WORK_STREAM)).then((infos) => Promise.all(infos.map((info) => queueOf(cluster, info)))),
  ]);
  const { messages: open, first_ts } = work.state;
  const known = queues.filter((queue) => queue !== undefined);
  const served = known.reduce((sum, { waiting, atWork }) => sum + waiting + atWork, 0);
  return {
    open,
    unserved: Math.max(0, open - served),
    oldestSeconds: open === 0 ? 0 : secondsSince(new Date(first_ts)),
    queues: known,
    dead: byModel(dead.state.subjects ?? {}),
    workers: workers.map(({ id, model, fingerprint, pictures, tally }) => ({
      ...{ batches: 0, redeliveries: 0, drawing: 0, storing: 0, ...tally },
      ...{ id, model, fingerprint, pictures },
    })),
  };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Clocks of two machines may differ a little. */
const secondsSince = (time: Date): number => Math.max(0, (Date.now() - time.getTime()) / 1000);

async function queueOf(cluster: Cluster, info: ConsumerInfo): Promise<QueueState | undefined> {
  const filter = info.config.filter_subject ?? "";
  const place = placeOfFilter(filter);
  if (place === undefined) return undefined;
  const { num_pending, num_ack_pending, num_redelivered, delivered } = info;
  const first = num_pending === 0 ? undefined : await firstAfter(cluster, filter, delivered.stream_seq);
  return {
    ...place,
    waiting: num_pending,
    atWork: num_ack_pending,
    atWorkAgain: num_redelivered,
    deliveries: delivered.consumer_seq,
    oldestSeconds: first === undefined ? 0 : secondsSince(first),
  };
}

/** When the first message was stored that a consumer has not given out. */
async function firstAfter({ manager }: Cluster, filter: string, sequence: number): Promise<Date | undefined> {
  // The API has this query since 2.9; the package's types know of it for direct requests only.
  const query = { seq: sequence + 1, next_by_subj: filter };
  return (await manager.streams.getMessage(WORK_STREAM, query))?.time;
}

/** Counts of subjects whose last token is a model's hash. */
const byModel = (subjects: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(subjects).map(([subject, count]) => [subject.split(".").at(-1)!, count]));
