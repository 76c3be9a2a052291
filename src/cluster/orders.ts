/** A message of work, looked at before it is begun: what is over, what was begun elsewhere, what killed those who did it. */
import { MAX_IMAGE_SIDE } from "../image/index.ts";
import { ApiError, DEFAULT_LIMITS, editWork, generationWork, toApiError, tooLate, type Work } from "../server/index.ts";
import type { begunReader } from "./begun.ts";
import { endJob, endOf, resultsOf } from "./ends.ts";
import { DEAD_STREAM, deadSubject, jobTokens, RESULT_STREAM, resultSubject } from "./layout.ts";
import { errorOf, type How, read, type Unit } from "./messages.ts";
import { dropFiles, getFile, type PlacedPicture } from "./pictures.ts";
import type { Delivery } from "./pull.ts";
import { othersOf } from "./registry.ts";
import { insist, patienceOf, type WorkerState } from "./worker-state.ts";

/** Work that is to be carried out here. */
export interface OpenedOrder {
  readonly unit: Unit;
  readonly delivery: Delivery;
  readonly work: Work;
  /** The job's tokens. */
  readonly job: string;
  /** Orders of one key may be drawn side by side. */
  readonly key: string;
  /** Workers that began it and did not end it. */
  readonly deaths: number;
  /** Fingerprint of what draws it; `a>b` where a machine of another has begun it. */
  readonly fingerprint: string;
}

/** After so many deaths of its workers, work is not tried again. */
export const DEATHS = 3;
/** How long work waits for a machine like the one that began it, in ms, each time it is offered to another. */
const LIKE_MS = 500;

/** Answers for what is over, too late or deadly; hands back what is to be done. */
export async function openOrder(
  worker: WorkerState,
  delivery: Delivery,
  begunOf: ReturnType<typeof begunReader>,
): Promise<OpenedOrder | undefined> {
  const { cluster } = worker;
  let unit: Unit;
  try {
    unit = read.unit(delivery.data);
  } catch (error) {
    await bury(worker, delivery, `unreadable: ${(error as Error).message}`);
    return undefined;
  }
  const job = jobTokens(unit.id);
  if (job === undefined) {
    await bury(worker, delivery, `unreadable: no job has the id ${unit.id}`);
    return undefined;
  }
  if (worker.gone.has(unit.id)) return over(delivery);
  const begun = delivery.times > 1 ? await begunOf(job, unit.number) : undefined;
  if (delivery.times > 1 && (await isOver(worker, job, unit))) return over(delivery);
  if (Date.now() > unit.deadline) {
    await end(worker, unit, { status: "failed", error: errorOf(tooLate(unit.deadline - unit.created)) });
    return over(delivery);
  }
  const deaths = begun?.times ?? 0;
  if (deaths >= DEATHS) {
    await end(worker, unit, { status: "failed", error: errorOf(deadly(deaths)) });
    await bury(worker, delivery, `${deaths} workers ended while they drew it, the last ${begun!.worker}`);
    return undefined;
  }
  const isCrossed = begun !== undefined && begun.fingerprint !== worker.fingerprint;
  if (isCrossed && (await insist(worker, () => othersOf(cluster, begun))) > 0) {
    // Another machine like the one that began it is there: the whole picture shall be of one.
    delivery.giveBack(LIKE_MS);
    return undefined;
  }
  try {
    const work = await workOf(worker, unit);
    const key = work.kind === "draw" ? JSON.stringify(work.sampling) : `${unit.id}`;
    const { fingerprint } = worker;
    return {
      unit,
      delivery,
      work,
      job,
      key,
      deaths,
      fingerprint: isCrossed ? `${begun.fingerprint}>${fingerprint}` : fingerprint,
    };
  } catch (error) {
    await end(worker, unit, { status: "failed", error: errorOf(toApiError(error)) });
    return over(delivery);
  }
}

/** What a job's client is told whose work kills those who do it. */
const deadly = (deaths: number): ApiError =>
  new ApiError(500, `job: expected to be carried out, got the end of the worker ${deaths} times`, {
    code: "worker_died",
  });

function over(delivery: Delivery): undefined {
  delivery.ack();
}

/** True where the job has ended, or where this part of it is done; a job of which nothing is missing is ended then. */
async function isOver(worker: WorkerState, job: string, unit: Unit): Promise<boolean> {
  const { cluster } = worker;
  if ((await insist(worker, () => endOf(cluster, job))) !== undefined) return true;
  if (unit.whole) return false;
  const found = await insist(worker, () =>
    cluster.manager.direct.getMessage(RESULT_STREAM, { last_by_subj: resultSubject(job, unit.number) }),
  );
  if (found === null) return false;
  if (await isWhole(worker, unit)) await end(worker, unit, { status: "done" });
  return true;
}

/** True where all pictures of a unit's job are there. */
export async function isWhole(worker: WorkerState, { id, whole, total }: Unit): Promise<boolean> {
  return whole || total === 1 || (await insist(worker, () => resultsOf(worker.cluster, jobTokens(id)!))) >= total;
}

/** A worker's word on how a unit's job ended, with the job's only picture. What the job brought is not kept any longer. */
export async function end(worker: WorkerState, unit: Unit, how: How, picture?: PlacedPicture): Promise<void> {
  const { objects, fields } = unit;
  await endJob(worker.cluster, unit, how, patienceOf(worker), picture);
  dropFiles(
    worker.cluster,
    objects.map((name) => String(fields[name])),
  );
}

/** Puts work away that nobody can do, with the reason. */
export async function bury(worker: WorkerState, delivery: Delivery, reason: string): Promise<void> {
  const { cluster, model, onMessage } = worker;
  const made = cluster.headers();
  made.set("Flexvar-Reason", encodeURIComponent(reason));
  made.set("Flexvar-Subject", delivery.subject);
  await insist(worker, () =>
    cluster.stream.publish(deadSubject(model.hash), delivery.data, {
      headers: made,
      msgID: `dead.${delivery.subject}`,
      expect: { streamName: DEAD_STREAM },
    }),
  );
  onMessage?.(`work was put away: ${reason}`);
  delivery.ack();
}

/** A unit's call as work of this model, by the same rules as the front end's. */
async function workOf(worker: WorkerState, { call, fields, objects }: Unit): Promise<Work> {
  const { cluster, model } = worker;
  const given: Record<string, unknown> = { ...fields };
  for (const name of objects)
    given[name] = Buffer.from(await insist(worker, () => getFile(cluster, String(fields[name])))).toString("base64");
  // What clients may ask for the front end has decided: its bounds are not this machine's, but for memory.
  const { costs } = model;
  const patient = {
    ...model,
    costs: costs && { ...costs, budget: { ...costs.budget, seconds: Number.POSITIVE_INFINITY } },
  };
  const limits = { ...DEFAULT_LIMITS, pictures: Number.MAX_SAFE_INTEGER, pixels: MAX_IMAGE_SIDE ** 2 };
  return call === "edit" ? await editWork(given, patient, limits) : generationWork(given, patient, limits);
}
