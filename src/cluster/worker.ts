/** A worker: takes work of its model, draws it in batches as a single process would, and answers for it. */
import { EventEmitter } from "node:events";
import { carryOut } from "./carry-out.ts";
import type { Cluster } from "./connect.ts";
import { answerForShard } from "./draw-shard.ts";
import {
  ANY_CLASS,
  cancelSubject,
  consumerName,
  idWithin,
  JOB_TOKEN,
  LANES,
  laneOf,
  type Place,
  WORK_STREAM,
  workFilter,
} from "./layout.ts";
import { openOrder } from "./orders.ts";
import { type Delivery, Unanswered } from "./pull.ts";
import { announce } from "./registry.ts";
import { createTaker, type Source } from "./taker.ts";
import { insist, reopen, type WorkerOptions, type WorkerState } from "./worker-state.ts";

export interface Worker {
  /** Resolves with the worker's end, whose cause it throws. */
  readonly ended: Promise<void>;
  /** Lets the scale at work end, and gives the rest back. */
  stop(): Promise<void>;
}

/** A dead worker's work is another's after this, in ms; it says that it is alive thrice as often. */
const ANSWER_MS = 12_000;
const ALIVE_MS = ANSWER_MS / 4;
/** Messages that are taken at once: a batch of small pictures; one shard of a set. */
const BATCH: Readonly<Record<Place["lane"], number>> = { small: 8, large: 8, set: 1 };
/** Most ids of cancelled jobs that are remembered. */
const GONE = 1000;

/** Starts a worker; resolves once it takes work. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { cluster, model, fingerprint } = options;
  const places: readonly Place[] = [
    ...LANES.map((lane) => ({ model: model.hash, machines: ANY_CLASS, lane })),
    { model: model.hash, machines: fingerprint, lane: "set" },
  ];
  const stop = new AbortController();
  for (const place of places) await insist({ stopping: stop.signal }, () => addConsumer(cluster, place));
  const worker: WorkerState = {
    ...options,
    renderer: await options.openRenderer(),
    gone: new Set(),
    news: new EventEmitter(),
    stopping: stop.signal,
    pictures: 0,
    tally: { batches: 0, redeliveries: 0, drawing: 0, storing: 0 },
  };
  const cancels = cluster.connection.subscribe(cancelSubject("*.*"), {
    callback: (_, { subject }) => forget(worker, idWithin(subject, JOB_TOKEN.flexvar)),
  });
  const close = async (): Promise<void> => {
    cancels.unsubscribe();
    await worker.renderer.dispose();
  };
  const endAnnouncing = await announce(worker).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const ended = working(worker, places).finally(endAnnouncing).finally(close);
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

/** Takes work until the stop. */
async function working(worker: WorkerState, places: readonly Place[]): Promise<void> {
  try {
    await takeWork(worker, places);
  } catch (error) {
    // What could not be answered for while the server is away others do once more.
    if (!worker.stopping.aborted) throw error;
    worker.onMessage?.(`stopped without an answer for all work (${(error as Error).message}): others do the rest`);
  }
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

function forget({ gone, news }: WorkerState, id: string): void {
  gone.add(id);
  for (const oldest of gone) if (gone.size > GONE) gone.delete(oldest);
  news.emit("cancelled", id);
}

/** Every so many turns large jobs come first, so that many small ones do not hold them up for ever. */
const LARGE_TURN = 4;

async function takeWork(worker: WorkerState, places: readonly Place[]): Promise<void> {
  const sources = places.map((place) => ({ consumer: consumerName(place), batch: BATCH[place.lane] }));
  const [small, large, set] = sources as [Source, Source, Source];
  const taker = createTaker(worker.cluster);
  try {
    for (let turn = 1; !worker.stopping.aborted; turn++)
      try {
        const order = turn % LARGE_TURN === 0 ? [large, small, set] : [small, large, set];
        const deliveries = await taker.next(order, worker.stopping);
        const [first] = deliveries;
        if (first === undefined) continue;
        if (laneOf(first.subject) === "set") await answerForShard(worker, first, ALIVE_MS);
        else await answerFor(worker, deliveries);
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        // A server that was away may have lost its store: what is kept there is made anew.
        for (const place of places) await insist(worker, () => addConsumer(worker.cluster, place));
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
    const orders = (await Promise.all(deliveries.map((delivery) => openOrder(worker, delivery)))).filter(
      (order) => order !== undefined,
    );
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
