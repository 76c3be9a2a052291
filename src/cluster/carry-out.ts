/** Orders of one key drawn: every picture of every scale sent as it comes, every end written, every message answered. */
import { type MadePicture, toApiError } from "../server/index.ts";
import { begunKey, resultSubject, scaleSubject } from "./layout.ts";
import { errorOf, write } from "./messages.ts";
import { end, endIfWhole, type OpenedOrder } from "./orders.ts";
import { packPicture } from "./pictures.ts";
import { insist, secondsSince, timed, type WorkerState } from "./worker-state.ts";

/**
 * Draws a batch (or one edit). Orders that end it by their fault end as failed; where what draws dies, they are given back.
 * @returns whether what draws lives
 */
export async function carryOut(worker: WorkerState, orders: readonly OpenedOrder[]): Promise<boolean> {
  await Promise.all(orders.map((order) => noteBegun(worker, order, order.deaths + 1)));
  const stop = new AbortController();
  const waiting = new Set(orders);
  const drop = (id: string): void => {
    for (const order of waiting) if (order.unit.id === id) waiting.delete(order);
    if (waiting.size === 0) stop.abort();
  };
  const onStop = (): void => stop.abort();
  worker.news.on("cancelled", drop);
  worker.stopping.addEventListener("abort", onStop);
  if (worker.stopping.aborted) onStop();
  for (const { unit } of orders) if (worker.gone.has(unit.id)) drop(unit.id);
  const done = new Set<OpenedOrder>();
  let isLiving = true;
  try {
    for await (const { order, picture } of timed(worker, made(worker, orders, stop.signal))) {
      if (!waiting.has(order)) continue;
      await send(worker, order, picture);
      if (!picture.scale.isLast) continue;
      worker.pictures++;
      if (order.work.kind === "edit" && picture.at < order.work.total - 1) continue;
      done.add(order);
      await endIfWhole(worker, order.unit);
      order.delivery.ack();
    }
  } catch (error) {
    if (!stop.signal.aborted && !(await isAlive(worker))) {
      for (const order of orders) if (!done.has(order)) order.delivery.giveBack();
      worker.onMessage?.("what draws has ended; its work is given back, and it is opened again");
      return false;
    }
    if (!stop.signal.aborted)
      for (const order of [...waiting].filter((one) => !done.has(one)))
        if (orders.length === 1) await fail(worker, order, error);
        else {
          // One order's fault must not be its neighbours': each is tried, and answered for, alone.
          if (!isLiving) order.delivery.giveBack();
          else isLiving = await carryOut(worker, [order]);
          done.add(order);
        }
  } finally {
    worker.news.off("cancelled", drop);
    worker.stopping.removeEventListener("abort", onStop);
  }
  for (const order of orders) {
    if (done.has(order)) continue;
    // Those that nobody waits for any more are over; a stop gives the others back, as if they had not been begun.
    if (worker.stopping.aborted && waiting.has(order)) {
      await noteBegun(worker, order, order.deaths);
      order.delivery.giveBack();
    } else order.delivery.ack();
  }
  return isLiving;
}

async function fail(worker: WorkerState, { unit }: OpenedOrder, error: unknown): Promise<void> {
  const refusal = toApiError(error);
  worker.onMessage?.(`job ${unit.id} failed: ${(error as Error).message}`);
  await end(worker, unit, { status: "failed", error: errorOf(refusal) });
}

/** What draws answers no more once its process has died. */
async function isAlive({ renderer }: WorkerState): Promise<boolean> {
  return renderer.isAlive?.() ?? true;
}

async function noteBegun(worker: WorkerState, { job, unit }: OpenedOrder, times: number): Promise<void> {
  const { cluster, id, fingerprint } = worker;
  await insist(worker, () => cluster.jobs.put(begunKey(job, unit.number), write({ times, worker: id, fingerprint })));
}

/** Pictures of orders as they are drawn, each with its number in its own job. */
async function* made(
  { renderer }: WorkerState,
  orders: readonly OpenedOrder[],
  signal: AbortSignal,
): AsyncGenerator<{ order: OpenedOrder; picture: MadePicture }> {
  const first = orders[0]!;
  const { work } = first;
  if (work.kind === "edit") {
    for await (const { pictures, ...scale } of renderer.edit(work.edit, work.shown, signal))
      for (const picture of pictures)
        yield { order: first, picture: { ...picture, scale, earlier: 0, seed: work.seed } };
    return;
  }
  const rows = orders.map(({ work, unit }) => (work as typeof first.work & { kind: "draw" }).rows[unit.number]!);
  for await (const { pictures, ...scale } of renderer.draw({ sampling: work.sampling, rows }, signal))
    for (const picture of pictures) {
      const order = orders[picture.at]!;
      const { seed } = rows[picture.at]!;
      yield { order, picture: { ...picture, at: order.unit.number, scale, earlier: 0, seed } };
    }
}

/** Sends a picture to who waits; a finished one is kept, and the time of that counted. */
async function send(worker: WorkerState, order: OpenedOrder, picture: MadePicture): Promise<void> {
  const { cluster, tally } = worker;
  const { job, fingerprint } = order;
  const begun = performance.now();
  const { payload, headers } = await insist(worker, () => packPicture(cluster, job, { ...picture, fingerprint }));
  if (!picture.scale.isLast) {
    cluster.connection.publish(scaleSubject(job), payload, { headers });
    return;
  }
  await insist(worker, () =>
    cluster.stream.publish(resultSubject(job, picture.at), payload, { headers, msgID: `${job}.${picture.at}` }),
  );
  tally.storing += secondsSince(begun);
}
