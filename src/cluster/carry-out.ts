/** Orders of one key drawn: every picture of every scale sent as it comes, every end written, every message answered. */
import { type MadePicture, toApiError } from "../server/index.ts";
import { forgetBegun, noteBegun, noteGivenBack } from "./begun.ts";
import { resultSubject, scaleSubject } from "./layout.ts";
import { errorOf } from "./messages.ts";
import { end, isWhole, type OpenedOrder } from "./orders.ts";
import { type PlacedPicture, packPicture } from "./pictures.ts";
import { insist, secondsSince, timed, type WorkerState } from "./worker-state.ts";

/**
 * Draws a batch (or one edit). Orders that end it by their fault end as failed; where what draws dies, they are given back.
 * @returns whether what draws lives
 */
export async function carryOut(worker: WorkerState, orders: readonly OpenedOrder[]): Promise<boolean> {
  await noteBegun(worker, orders);
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
    for await (const scale of timed(worker, made(worker, orders, stop.signal)))
      await settled(
        scale.map(async ({ order, pictures }) => {
          if (!waiting.has(order)) return;
          const isLast = isFinished(order, pictures);
          await tell(worker, order, pictures, isLast);
          if (pictures[0]!.scale.isLast) worker.pictures += pictures.length;
          if (!isLast) return;
          done.add(order);
          forgetBegun(worker, order);
          order.delivery.ack();
        }),
      );
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
  const given: OpenedOrder[] = [];
  for (const order of orders) {
    if (done.has(order)) continue;
    // Those that nobody waits for any more are over; a stop gives the others back, as if they had not been begun.
    if (worker.stopping.aborted && waiting.has(order)) {
      given.push(order);
      continue;
    }
    forgetBegun(worker, order);
    order.delivery.ack();
  }
  if (given.length > 0) await noteGivenBack(worker, given);
  for (const { delivery } of given) delivery.giveBack();
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

/** Waits for all, then throws the first fault. */
async function settled(all: readonly Promise<void>[]): Promise<void> {
  for (const one of await Promise.allSettled(all)) if (one.status === "rejected") throw one.reason;
}

/** An order's pictures of one scale, with their numbers in its job. */
interface OrderPictures {
  readonly order: OpenedOrder;
  readonly pictures: readonly MadePicture[];
}

/** Scales as they are drawn. */
async function* made(
  { renderer }: WorkerState,
  orders: readonly OpenedOrder[],
  signal: AbortSignal,
): AsyncGenerator<OrderPictures[]> {
  const first = orders[0]!;
  const { work } = first;
  if (work.kind === "edit") {
    // Of scales that are not shown there are none.
    for await (const { pictures, ...scale } of renderer.edit(work.edit, work.shown, signal))
      if (pictures.length > 0)
        yield [{ order: first, pictures: pictures.map((one) => ({ ...one, scale, earlier: 0, seed: work.seed })) }];
    return;
  }
  const rows = orders.map(({ work, unit }) => (work as typeof first.work & { kind: "draw" }).rows[unit.number]!);
  for await (const { pictures, ...scale } of renderer.draw({ sampling: work.sampling, rows }, signal))
    yield pictures.map((picture) => {
      const order = orders[picture.at]!;
      const { seed } = rows[picture.at]!;
      return { order, pictures: [{ ...picture, at: order.unit.number, scale, earlier: 0, seed }] };
    });
}

/** True for an order's last pictures: those of an edit may come one after the other. */
function isFinished({ work }: OpenedOrder, pictures: readonly MadePicture[]): boolean {
  const { scale, at } = pictures.at(-1)!;
  return scale.isLast && (work.kind === "draw" || at === work.total - 1);
}

/** Sends pictures to who waits. Finished ones are kept, the only one of a job with the job's end, and the time of that is counted. */
async function tell(
  worker: WorkerState,
  order: OpenedOrder,
  pictures: readonly MadePicture[],
  isLast: boolean,
): Promise<void> {
  const { unit, fingerprint } = order;
  const begun = performance.now();
  const placed = pictures.map((picture): PlacedPicture => ({ ...picture, fingerprint }));
  if (isLast && unit.form.total === 1) await end(worker, unit, { status: "done" }, placed[0]);
  else {
    for (const picture of placed) await send(worker, order, picture);
    if (isLast && (await isWhole(worker, unit))) await end(worker, unit, { status: "done" });
  }
  if (pictures[0]!.scale.isLast) worker.tally.storing += secondsSince(begun);
}

async function send({ cluster, ...worker }: WorkerState, { job }: OpenedOrder, picture: PlacedPicture): Promise<void> {
  const { payload, headers } = await insist(worker, () => packPicture(cluster, job, picture));
  if (!picture.scale.isLast) {
    cluster.connection.publish(scaleSubject(job), payload, { headers });
    return;
  }
  const msgID = `${job}.${picture.at}`;
  await insist(worker, () => cluster.stream.publish(resultSubject(job, picture.at), payload, { headers, msgID }));
}
