/** A worker: takes work of its models, draws it in batches as a single process would, and answers for it. */
import { EventEmitter } from "node:events";
import { begunReader } from "./begun.ts";
import { carryOut } from "./carry-out.ts";
import type { Cluster } from "./connect.ts";
import { answerForShard } from "./draw-shard.ts";
import {
  cancelSubject,
  consumerName,
  idWithin,
  JOB_TOKEN,
  laneOf,
  type Place,
  WORK_STREAM,
  workFilter,
} from "./layout.ts";
import { openOrder } from "./orders.ts";
import { type Delivery, Unanswered } from "./pull.ts";
import { announce } from "./registry.ts";
import { placesOf, sourcesOf } from "./sources.ts";
import { createTaker } from "./taker.ts";
import { closedRenderer, insist, reopen, type WorkerOptions, type WorkerState } from "./worker-state.ts";

export interface Worker {
  /** Resolves with the worker's end, whose cause it throws. */
  readonly ended: Promise<void>;
  /** Lets the scale at work end, and gives the rest back. */
  stop(): Promise<void>;
}

/** A dead worker's work is another's after this, in ms; it says that it is alive thrice as often. */
const ANSWER_MS = 12_000;
const ALIVE_MS = ANSWER_MS / 4;
/** Most ids of cancelled jobs that are remembered. */
const GONE = 1000;

/**
 * Starts a worker of one model or several, of which one is open at a time; resolves once it takes work.
 * @param all of one cluster; each with an id of its own
 */
export async function startWorker(...all: readonly [WorkerOptions, ...WorkerOptions[]]): Promise<Worker> {
  const [{ cluster }] = all;
  const stop = new AbortController();
  const shared = { gone: new Set<string>(), news: new EventEmitter() as WorkerState["news"], stopping: stop.signal };
  const seat = oneOpen();
  const workers = all.map((options): WorkerState => {
    const worker: WorkerState = {
      ...options,
      ...shared,
      renderer: closedRenderer,
      ready: () => seat.take(worker),
      begun: new Map(),
      pictures: 0,
      tally: { batches: 0, redeliveries: 0, drawing: 0, storing: 0 },
    };
    return worker;
  });
  await addConsumers(workers);
  // What cannot be opened at all is told at once.
  await seat.open(workers[0]!);
  const cancels = cluster.connection.subscribe(cancelSubject("*.*"), {
    callback: (_, { subject }) => forget(shared, idWithin(subject, JOB_TOKEN)),
  });
  const close = async (): Promise<void> => {
    cancels.unsubscribe();
    for (const { renderer } of workers) await renderer.dispose();
  };
  const endings: (() => Promise<void>)[] = [];
  const endAnnouncing = async (): Promise<void> => {
    await Promise.all(endings.map((end) => end()));
  };
  try {
    for (const worker of workers) endings.push(await announce(worker));
  } catch (error) {
    await endAnnouncing();
    await close();
    throw error;
  }
  const ended = working(workers, seat.held).finally(endAnnouncing).finally(close);
  // Who waits for the end hears of it there.
  ended.catch(() => undefined);
  return {
    ended,
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

/** Lets one model's networks be open: who draws with another's closes them, and with them the process that held their memory. */
function oneOpen() {
  let holder: WorkerState | undefined;
  return {
    held: (): WorkerState => holder!,
    async open(worker: WorkerState): Promise<void> {
      worker.renderer = await worker.openRenderer();
      holder = worker;
    },
    async take(worker: WorkerState): Promise<void> {
      if (holder === worker) return;
      await holder?.renderer.dispose();
      if (holder !== undefined) holder.renderer = closedRenderer;
      holder = worker;
      worker.onMessage?.(`opening ${worker.model.name}, whose work came`);
      await reopen(worker);
    },
  };
}

/** Takes work until the stop. */
async function working(workers: readonly WorkerState[], held: () => WorkerState): Promise<void> {
  try {
    await takeWork(workers, held);
  } catch (error) {
    const { stopping, onMessage } = workers[0]!;
    // What could not be answered for while the server is away others do once more.
    if (!stopping.aborted) throw error;
    onMessage?.(`stopped without an answer for all work (${(error as Error).message}): others do the rest`);
  }
}

/** The consumers of all places of workers. */
async function addConsumers(workers: readonly WorkerState[]): Promise<void> {
  for (const worker of workers)
    for (const place of placesOf(worker)) await insist(worker, () => addConsumer(worker.cluster, place));
}

/** The consumer of a place, which all its workers share. */
async function addConsumer({ manager }: Cluster, place: Place): Promise<void> {
  await manager.consumers.add(WORK_STREAM, {
    durable_name: consumerName(place),
    filter_subject: workFilter(place),
    ack_policy: "explicit",
    ack_wait: ANSWER_MS * 1e6,
    max_ack_pending: -1,
    max_deliver: -1,
  });
}

function forget({ gone, news }: Pick<WorkerState, "gone" | "news">, id: string): void {
  gone.add(id);
  for (const oldest of gone) if (gone.size > GONE) gone.delete(oldest);
  news.emit("cancelled", id);
}

async function takeWork(workers: readonly WorkerState[], held: () => WorkerState): Promise<void> {
  const { cluster, stopping } = workers[0]!;
  const sources = sourcesOf(workers);
  const taker = createTaker(cluster);
  try {
    for (let turn = 1; !stopping.aborted; turn++)
      try {
        const deliveries = await taker.next(sources.order(turn, held()), stopping);
        const [first] = deliveries;
        if (first === undefined) continue;
        const worker = sources.ownerOf(first.consumer);
        if (laneOf(first.subject) === "set") await answerForShard(worker, first, ALIVE_MS);
        else await answerFor(worker, deliveries);
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        // A server that was away may have lost its store: what is kept there is made anew.
        await addConsumers(workers);
      }
  } finally {
    taker.close();
  }
}

/** Carries deliveries out, and says meanwhile that they are at work. */
async function answerFor(worker: WorkerState, deliveries: readonly Delivery[]): Promise<void> {
  const open = new Set(deliveries);
  for (const { times } of deliveries) if (times > 1) worker.tally.redeliveries++;
  const alive = setInterval(() => {
    for (const delivery of open) delivery.working();
  }, ALIVE_MS);
  let isLiving = true;
  try {
    await worker.ready();
    const begunOf = begunReader(worker);
    const opened = await Promise.all(deliveries.map((delivery) => openOrder(worker, delivery, begunOf)));
    const orders = opened.filter((order) => order !== undefined);
    const giveBack = (batch: readonly Opened[]): void => {
      for (const { delivery } of batch) {
        delivery.giveBack();
        open.delete(delivery);
      }
    };
    const [first = [], ...others] = batches(worker, orders);
    // What takes long another worker may begin now.
    const isLarge = ([order]: readonly Opened[]): boolean =>
      order !== undefined && laneOf(order.delivery.subject) === "large";
    others.filter(isLarge).forEach(giveBack);
    for (const batch of [first, ...others.filter((one) => !isLarge(one))]) {
      if (worker.stopping.aborted || !isLiving) giveBack(batch);
      else if (batch.length > 0) isLiving = await carryOut(worker, batch);
      for (const { delivery } of batch) open.delete(delivery);
    }
  } finally {
    clearInterval(alive);
  }
  // All work was given back before: others need not wait for it.
  if (!isLiving) await reopen(worker);
}

type Opened = NonNullable<Awaited<ReturnType<typeof openOrder>>>;

/** Orders that are carried out together: those of one key, as many as fit; alone each whose worker has died. */
function batches({ batchSize }: WorkerState, orders: readonly Opened[]): Opened[][] {
  const together = new Map<string, Opened[]>();
  for (const order of orders)
    if (order.deaths === 0) together.set(order.key, [...(together.get(order.key) ?? []), order]);
  const alone = orders.filter(({ deaths }) => deaths > 0).map((order) => [order]);
  const fitting = [...together.values()].flatMap((group) => {
    const { work } = group[0]!;
    const most = work.kind === "draw" ? batchSize(work.sampling) : 1;
    return Array.from({ length: Math.ceil(group.length / most) }, (_, i) => group.slice(i * most, (i + 1) * most));
  });
  return [...fitting, ...alone];
}
