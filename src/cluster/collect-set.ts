/** Who asks for a set: its shards published, a bounded number at a time, what comes back handed on and taken out of the store. */
import { EventEmitter, once } from "node:events";
import type { Msg, MsgHdrs } from "@nats-io/transport-node";
import { ExpectedError } from "../errors/index.ts";
import type { SamplingInput } from "../options/index.ts";
import type { Cluster } from "./connect.ts";
import {
  begunKey,
  cancelSubject,
  RESULT_STREAM,
  resultSubject,
  setTokens,
  shardPlace,
  WORK_STREAM,
  workOfJob,
  workSubject,
} from "./layout.ts";
import { write } from "./messages.ts";
import { isFull, persist } from "./retry.ts";
import { type DrawnShard, readShardHead, type ShardUnit, unpackShard } from "./shard.ts";

/** Some pictures of a set that one worker draws at a time. */
export interface SetShard {
  /** Its number in the plan. */
  readonly number: number;
  /** Of each picture its class, and its number within the class. */
  readonly pictures: readonly (readonly [classId: number, index: number])[];
}

export interface SetOrder {
  /** The set's name, 8 to 32 digits and small letters that follow from all that decides its pictures and shards: who asks again goes on. */
  readonly name: string;
  /** The model's hash. */
  readonly model: string;
  /** Sampling options of all pictures; classes are the shards'. */
  readonly input: SamplingInput;
  /** Bytes of a picture's pixels. */
  readonly pictureBytes: number;
  /** Those that are wanted. */
  readonly shards: readonly SetShard[];
  /** Machines that draw now; asked again and again, `undefined` while none is there. */
  readonly machines: () => Promise<string | undefined>;
  /** Features that are wanted too, of shards in whole batches (`FEATURE_BATCH`). */
  readonly features?: ShardUnit["features"];
  /** Takes a shard's pixels, uint8 [n, height, width, 3], and the features of each of its batches, none where the worker has another network. */
  readonly onShard: (shard: SetShard, drawn: DrawnShard) => Promise<void>;
  readonly signal: AbortSignal;
  readonly onMessage?: ((line: string) => void) | undefined;
}

/** Most shards that wait, are drawn or lie in the store. */
const OPEN = 256;
/** How often what is kept is compared with what was heard of, in ms: news can be lost on the way. */
const LOOK_MS = 2000;

interface Collecting extends SetOrder {
  readonly cluster: Cluster;
  /** The set's tokens. */
  readonly job: string;
  /** Wanted and not here yet, by number. */
  readonly left: Map<number, SetShard>;
  /** Of those left, the ones that were published. */
  readonly open: Set<number>;
  readonly news: EventEmitter<{ result: [] }>;
  readonly inbox: Msg[];
  /** Who draws now. */
  drawers: string | undefined;
}

/** Has all shards drawn and handed on, in any order. @throws ExpectedError naming a shard that nobody can draw; the signal's reason */
export async function collectSet(cluster: Cluster, order: SetOrder): Promise<void> {
  const { signal, shards } = order;
  const set: Collecting = {
    ...order,
    cluster,
    job: setTokens(order.name),
    left: new Map(shards.map((shard) => [shard.number, shard])),
    open: new Set(),
    news: new EventEmitter(),
    inbox: [],
    drawers: undefined,
  };
  const results = cluster.connection.subscribe(resultSubject(set.job, "*"), {
    callback: (_, message) => {
      set.inbox.push(message);
      set.news.emit("result");
    },
  });
  try {
    for (let looked = Number.NEGATIVE_INFINITY; set.left.size > 0; ) {
      signal.throwIfAborted();
      if (performance.now() - looked > LOOK_MS) {
        await orStop(set, lookAfter(set));
        looked = performance.now();
      }
      await orStop(set, publishMore(set));
      const message = await nextResult(set);
      if (message !== undefined) await orStop(set, take(set, message));
    }
    await forget(set);
  } catch (error) {
    // What workers are at is for nobody now; what they have drawn is kept for who asks again.
    cluster.connection.publish(cancelSubject(set.job));
    await Promise.race([withdraw(set), once(AbortSignal.timeout(LOOK_MS), "abort")]).catch(() => undefined);
    throw error;
  } finally {
    results.unsubscribe();
  }
}

/** Something that a stop need not wait for. */
async function orStop<T>({ signal }: Collecting, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const stopped = once(signal, "abort", { signal: over.signal }).then(() => signal.throwIfAborted() as never);
  stopped.catch(() => undefined);
  try {
    return await Promise.race([work, stopped]);
  } finally {
    over.abort();
  }
}

/** What came, or comes soon. */
async function nextResult(set: Collecting): Promise<Msg | undefined> {
  const { inbox, news } = set;
  if (inbox.length === 0)
    await orStop(set, once(news, "result", { signal: AbortSignal.timeout(LOOK_MS) })).catch(() => undefined);
  return inbox.shift();
}

/** Compares what is kept with what is left: takes results that were not heard of, and has what was lost published again. */
async function lookAfter(set: Collecting): Promise<void> {
  const { cluster, job, left, open } = set;
  await chooseMachines(set);
  // In this order: a shard that is not at work any more has its result.
  const waiting = new Set<number>();
  for (const subject of await subjectsOf(cluster, WORK_STREAM, workOfJob(job))) {
    const { machines, number } = shardPlace(subject);
    if (machines === set.drawers) waiting.add(number);
    else if (set.drawers !== undefined) await purge(cluster, WORK_STREAM, subject);
  }
  const there = await subjectsOf(cluster, RESULT_STREAM, resultSubject(job, "*"));
  const numbers = new Set(there.map((subject) => Number(subject.split(".").at(-1))));
  for (const number of left.keys()) {
    if (waiting.has(number) || numbers.has(number)) open.add(number);
    else open.delete(number);
  }
  for (const number of left.keys()) {
    if (!numbers.has(number)) continue;
    const last_by_subj = resultSubject(job, number);
    const found = await persist(() => cluster.manager.direct.getMessage(RESULT_STREAM, { last_by_subj }));
    if (found !== null) await take(set, { subject: found.subject, data: found.data, headers: found.header });
  }
}

/** Shards go to the machines that draw now; those that waited for others are withdrawn. */
async function chooseMachines(set: Collecting): Promise<void> {
  const machines = await persist(set.machines);
  if (machines === undefined || machines === set.drawers) return;
  if (set.drawers !== undefined) {
    await withdraw(set);
    set.open.clear();
  }
  set.drawers = machines;
}

async function publishMore(set: Collecting): Promise<void> {
  const { cluster, name, job, model, input, features, left, open, drawers } = set;
  if (drawers === undefined) return;
  const at = { model, machines: drawers, lane: "set" } as const;
  const { classLabels: _, count: __, ...shared } = input;
  const more: SetShard[] = [];
  for (const shard of left.values()) {
    if (open.size + more.length >= OPEN) break;
    if (!open.has(shard.number)) more.push(shard);
  }
  const sent = more.map(async ({ number, pictures }) => {
    const unit: ShardUnit = {
      set: name,
      number,
      input: shared,
      pictures: pictures.map(([id, i]) => [id, i]),
      features,
    };
    const msgID = `${job}.${crypto.randomUUID()}`;
    await persist(() => cluster.stream.publish(workSubject(at, job, number), write(unit), { msgID }));
    open.add(number);
  });
  // Where there is no room now, there is later.
  for (const one of await Promise.allSettled(sent))
    if (one.status === "rejected" && !isFull(one.reason)) throw one.reason;
}

type Result = Pick<Msg, "subject" | "data"> & { readonly headers?: MsgHdrs | undefined };

/** Hands a shard's pictures on, and takes them out of the store. */
async function take(set: Collecting, { subject, data, headers }: Result): Promise<void> {
  const { cluster, left, open, drawers, onMessage } = set;
  const number = Number(subject.split(".").at(-1));
  const shard = left.get(number);
  // Here already, or another's who draws the same set.
  if (shard === undefined) return;
  const head = readShardHead(headers);
  const again = async (why: string): Promise<void> => {
    onMessage?.(`shard ${number} is drawn again: ${why}`);
    await free(set, number, head.object);
    open.delete(number);
  };
  if (head.error !== undefined) {
    await free(set, number, undefined);
    await cluster.jobs.purge(begunKey(set.job, number));
    throw new ExpectedError(`shard ${number} (${shard.pictures.length} pictures): ${head.error}`);
  }
  if (head.fingerprint !== drawers) return await again(`${head.worker} is of ${head.fingerprint}, not of ${drawers}`);
  const length = shard.pictures.length * set.pictureBytes;
  let drawn: DrawnShard;
  try {
    drawn = await unpackShard(cluster, head, data, length);
  } catch (error) {
    return await again((error as Error).message);
  }
  await set.onShard(shard, drawn);
  left.delete(number);
  open.delete(number);
  await free(set, number, head.object);
}

/** Takes what is kept of a shard away. */
async function free({ cluster, job }: Collecting, number: number, object: string | undefined): Promise<void> {
  await purge(cluster, RESULT_STREAM, resultSubject(job, number));
  // Who draws the same set may have been first.
  if (object !== undefined) await cluster.files.delete(object).catch(() => undefined);
}

const withdraw = ({ cluster, job }: Collecting): Promise<void> => purge(cluster, WORK_STREAM, workOfJob(job));

/** Takes the rest of a set that is whole away. */
async function forget(set: Collecting): Promise<void> {
  await withdraw(set);
  await purge(set.cluster, RESULT_STREAM, resultSubject(set.job, "*"));
}

async function purge({ manager }: Cluster, stream: string, filter: string): Promise<void> {
  await persist(() => manager.streams.purge(stream, { filter }));
}

/** Subjects of a filter that have messages. */
async function subjectsOf({ manager }: Cluster, stream: string, subjects_filter: string): Promise<string[]> {
  const { state } = await persist(() => manager.streams.info(stream, { subjects_filter }));
  return Object.keys(state.subjects ?? {});
}
