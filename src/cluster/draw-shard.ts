/** A worker's part of sets: one shard drawn, its pictures sent, its message answered. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { isExpected } from "../errors/index.ts";
import { broughtTo, FEATURE_BATCH, rowsToBytes, sideBySide } from "../evaluate/index.ts";
import type { RgbImage } from "../image/index.ts";
import { type Drawing, drawing, type SamplingInput } from "../options/index.ts";
import { type PictureInfo, picturesOf, resolvePlan, transformerOf } from "../pipelines/index.ts";
import { classPicksOf, type ModelConfig } from "../pretrained/index.ts";
import { begunKey, RESULT_STREAM, resultSubject, setId, setTokens } from "./layout.ts";
import { type Begun, read, write } from "./messages.ts";
import { bury, DEATHS } from "./orders.ts";
import type { Delivery } from "./pull.ts";
import { packShard, readShard, type ShardResult, type ShardUnit } from "./shard.ts";
import { insist, reopen, secondsSince, timed, type WorkerState } from "./worker-state.ts";

interface OpenedShard {
  readonly unit: ShardUnit;
  /** The set's tokens. */
  readonly job: string;
  readonly delivery: Delivery;
  readonly deaths: number;
}

/** Draws a shard and answers for it; says every `aliveMs` that it is at work. What is over, unreadable or deadly is not drawn. */
export async function answerForShard(worker: WorkerState, delivery: Delivery, aliveMs: number): Promise<void> {
  if (delivery.times > 1) worker.tally.redeliveries++;
  const alive = setInterval(() => delivery.working(), aliveMs);
  let isLiving = true;
  try {
    await worker.ready();
    const shard = await openShard(worker, delivery);
    if (shard !== undefined) isLiving = await drawShard(worker, shard);
  } finally {
    clearInterval(alive);
  }
  // The shard was given back before: others need not wait for it.
  if (!isLiving) await reopen(worker);
}

/** Returns whether what draws is still there. */
async function drawShard(worker: WorkerState, shard: OpenedShard): Promise<boolean> {
  const { delivery } = shard;
  await noteBegun(worker, shard, shard.deaths + 1);
  const stop = new AbortController();
  const onStop = (): void => stop.abort();
  let isWanted = true;
  const onCancel = (id: string): void => {
    if (id !== setId(shard.unit.set)) return;
    isWanted = false;
    stop.abort();
  };
  worker.news.on("cancelled", onCancel);
  worker.stopping.addEventListener("abort", onStop);
  if (worker.stopping.aborted) onStop();
  try {
    const begun = performance.now();
    const pictures = await draw(worker, shard.unit, stop.signal);
    const features = await featuresOf(worker, shard.unit, pictures, stop.signal);
    const drawn = performance.now();
    await send(worker, shard, { pixels: Buffer.concat(pictures.map(({ data }) => data)), features });
    worker.tally.drawing += (drawn - begun) / 1000;
    worker.tally.storing += (performance.now() - drawn) / 1000;
    worker.pictures += shard.unit.pictures.length;
    // Asked for once more, it is a new shard.
    await noteBegun(worker, shard, 0);
    delivery.ack();
  } catch (error) {
    if (!isWanted) delivery.ack();
    else if (stop.signal.aborted) await giveBack(worker, shard);
    else if (!(worker.renderer.isAlive?.() ?? true)) {
      delivery.giveBack();
      worker.onMessage?.("what draws has ended; its shard is given back, and it is opened again");
      return false;
    } else await fail(worker, shard, error);
  } finally {
    worker.news.off("cancelled", onCancel);
    worker.stopping.removeEventListener("abort", onStop);
  }
  return true;
}

/** Hands back what is to be drawn. */
async function openShard(worker: WorkerState, delivery: Delivery): Promise<OpenedShard | undefined> {
  let unit: ShardUnit;
  try {
    unit = readShard(delivery.data);
  } catch (error) {
    await bury(worker, delivery, `unreadable: ${(error as Error).message}`);
    return undefined;
  }
  const job = setTokens(unit.set);
  if (delivery.times > 1) worker.tally.redeliveries++;
  const begun = delivery.times > 1 ? await begunOf(worker, job, unit.number) : undefined;
  if (delivery.times > 1 && (await isThere(worker, job, unit.number))) {
    delivery.ack();
    return undefined;
  }
  const shard = { unit, job, delivery, deaths: begun?.times ?? 0 };
  if (shard.deaths < DEATHS) return shard;
  await send(worker, shard, { error: `expected to be drawn, got the end of the worker ${shard.deaths} times` });
  await bury(worker, delivery, `${shard.deaths} workers ended while they drew it, the last ${begun!.worker}`);
  return undefined;
}

async function isThere(worker: WorkerState, job: string, number: number): Promise<boolean> {
  const last_by_subj = resultSubject(job, number);
  return (
    (await insist(worker, () => worker.cluster.manager.direct.getMessage(RESULT_STREAM, { last_by_subj }))) !== null
  );
}

/** All pictures of a shard, drawn in batches as large as jobs'. */
async function draw(worker: WorkerState, unit: ShardUnit, signal: AbortSignal): Promise<RgbImage[]> {
  const { renderer, model, batchSize } = worker;
  const { sampling, rows } = pictureRows(model.config, unit);
  if (renderer.pixels === undefined) throw new Error("renderer: expected one that gives pixels, got another");
  const most = batchSize(sampling);
  const { width, height } = sampling.plan.crop ?? sampling.plan.sizePx;
  const pictures: RgbImage[] = [];
  for (let first = 0; first < rows.length; first += most) {
    const batch = { sampling, rows: rows.slice(first, first + most) };
    for await (const { pixels } of timed(worker, renderer.pixels(batch, signal)))
      pictures.push(...pixels.map((data) => ({ width, height, data })));
  }
  return pictures;
}

/** Features of a shard's pictures in batches, as a single process takes them. */
async function featuresOf(
  { judge }: WorkerState,
  { features: wanted }: ShardUnit,
  pictures: readonly RgbImage[],
  signal: AbortSignal,
): Promise<Uint8Array[]> {
  // Who asks takes those that are not sent.
  if (wanted === undefined || judge?.hash !== wanted.hash) return [];
  const brought = pictures.map((image) => (wanted.at === undefined ? image : broughtTo(image, wanted.at)));
  const rows: Uint8Array[] = [];
  for (let first = 0; first < brought.length; first += FEATURE_BATCH) {
    signal.throwIfAborted();
    rows.push(rowsToBytes(await judge.extract(sideBySide(brought.slice(first, first + FEATURE_BATCH)))));
    // A turn of the event loop: others are told that it is at work.
    await nextTurn();
  }
  return rows;
}

/** A shard's pictures by the rules of a single process. @throws OptionError for what the model cannot draw */
function pictureRows(
  config: ModelConfig,
  { input, pictures }: ShardUnit,
): { readonly sampling: Drawing; readonly rows: readonly { readonly info: PictureInfo; readonly seed: number }[] } {
  const resolved = resolvePlan(config, { ...(input as SamplingInput), count: 1 });
  const { numClasses } = transformerOf(config);
  const rows = pictures.flatMap(([classId, index]) =>
    picturesOf(config, resolved, classPicksOf([classId], config, numClasses), index).map((info) => ({
      info,
      seed: resolved.seed,
    })),
  );
  return { sampling: drawing(resolved), rows };
}

async function begunOf({ cluster, ...worker }: WorkerState, job: string, number: number): Promise<Begun | undefined> {
  const entry = await insist(worker, () => cluster.jobs.get(begunKey(job, number)));
  return entry?.operation === "PUT" ? read.begun(entry.value) : undefined;
}

async function noteBegun(worker: WorkerState, { job, unit }: OpenedShard, times: number): Promise<void> {
  const { cluster, id, fingerprint } = worker;
  await insist(worker, () => cluster.jobs.put(begunKey(job, unit.number), write({ times, worker: id, fingerprint })));
}

/** As if it had not been begun. */
async function giveBack(worker: WorkerState, shard: OpenedShard): Promise<void> {
  await noteBegun(worker, shard, shard.deaths);
  shard.delivery.giveBack();
}

/** Keeps a shard's pictures, or why there are none, for who asked. */
async function send(
  worker: WorkerState,
  { unit, job }: OpenedShard,
  { pixels = new Uint8Array(), features = [], error }: Partial<Pick<ShardResult, "pixels" | "features" | "error">>,
): Promise<void> {
  const { cluster, id, fingerprint, tally } = worker;
  const begun = performance.now();
  const about = { fingerprint, worker: id, ...(error !== undefined && { error }) };
  const { payload, headers } = await insist(worker, () => packShard(cluster, unit, { ...about, pixels, features }));
  await insist(worker, () => cluster.stream.publish(resultSubject(job, unit.number), payload, { headers }));
  tally.storing += secondsSince(begun);
}

async function fail(worker: WorkerState, shard: OpenedShard, error: unknown): Promise<void> {
  const { message } = error as Error;
  worker.onMessage?.(`shard ${shard.unit.number} of set ${shard.unit.set} failed: ${message}`);
  await send(worker, shard, { error: isExpected(error) ? message : `unexpected: ${message}` });
  shard.delivery.ack();
}
