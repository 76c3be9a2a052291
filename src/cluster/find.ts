/** Jobs as the cluster keeps them, in their work and their ends: any front end answers for any. */
import type { ConsumerInfo } from "@nats-io/jetstream";
import { ApiError, cancelled, type JobState, type MadePicture } from "../server/index.ts";
import type { Cluster } from "./connect.ts";
import { endOf, readEnd, resultsOf } from "./ends.ts";
import type { FollowedJob } from "./front.ts";
import {
  ANY_CLASS,
  consumerName,
  endSubject,
  jobTokens,
  LANES,
  type Place,
  placeOfWork,
  RESULT_STREAM,
  resultSubject,
  WORK_STREAM,
  workOfJob,
} from "./layout.ts";
import { apiErrorOf, read, type ToldJob } from "./messages.ts";
import { type PlacedPicture, type Told, unpackPicture } from "./pictures.ts";

/** A job by its id; undefined where none has it (any more). */
export async function findJob(cluster: Cluster, id: string): Promise<JobState | undefined> {
  const job = jobTokens(id);
  if (job === undefined) return undefined;
  const ended = await endedJob(cluster, job);
  if (ended !== undefined) return ended === "gone" ? undefined : ended;
  const open = await openJob(cluster, job);
  if (open !== undefined) return open;
  // Its work is taken out after its end is written.
  const late = await endedJob(cluster, job);
  return late === "gone" ? undefined : late;
}

async function endedJob(cluster: Cluster, job: string): Promise<JobState | "gone" | undefined> {
  const message = await endOf(cluster, job);
  if (message === undefined) return undefined;
  const { status, error, ...told } = readEnd(message);
  if (status !== "done") {
    const done = await resultsOf(cluster, job);
    return { ...told, status, done, pictures: [], error: error === undefined ? cancelled() : apiErrorOf(error) };
  }
  const pictures = await picturesOf(cluster, told);
  // A job whose pictures are not kept any more is not either.
  if (pictures.length < told.form.total) return "gone";
  return { ...told, status, done: pictures.length, pictures, error: undefined };
}

async function openJob(cluster: Cluster, job: string): Promise<JobState | undefined> {
  const work = await firstWork(cluster, job);
  if (work === undefined) return undefined;
  const { id, requestId, created, form } = read.unit(work.data);
  const done = await resultsOf(cluster, job);
  const isBegun = done > 0 || isGivenOut(await queueOf(cluster, placeOfWork(work.subject)), work);
  return { id, requestId, created, form, status: isBegun ? "running" : "queued", done, pictures: [], error: undefined };
}

interface StoredWork {
  readonly subject: string;
  readonly seq: number;
  readonly data: Uint8Array;
}

/** The first message of a job that waits or is at work. */
async function firstWork({ manager }: Cluster, job: string): Promise<StoredWork | undefined> {
  // The API has this query since 2.9; the package's types know of it for direct requests only.
  const query = { seq: 1, next_by_subj: workOfJob(job) };
  return (await manager.streams.getMessage(WORK_STREAM, query)) ?? undefined;
}

/** What has become of a place's work; undefined where no worker has ever looked. */
async function queueOf({ manager }: Cluster, place: Place): Promise<ConsumerInfo | undefined> {
  try {
    return await manager.consumers.info(WORK_STREAM, consumerName(place));
  } catch (error) {
    if ((error as Error).name === "ConsumerNotFoundError") return undefined;
    throw error;
  }
}

/** Whether a worker has or had it. */
const isGivenOut = (queue: ConsumerInfo | undefined, { seq }: StoredWork): boolean =>
  queue !== undefined && seq <= queue.delivered.stream_seq;

/** Finished pictures of a job, in order. */
async function picturesOf(cluster: Cluster, { id, form }: Pick<ToldJob, "id" | "form">): Promise<MadePicture[]> {
  const all = await Promise.all(Array.from({ length: form.total }, (_, at) => pictureAt(cluster, { id, form }, at)));
  return all.filter((picture) => picture !== undefined);
}

/** A finished picture; undefined where it is not kept any more. The only one of a job is kept with its end. */
async function pictureAt(
  cluster: Cluster,
  { id, form }: Pick<ToldJob, "id" | "form">,
  at: number,
): Promise<PlacedPicture | undefined> {
  const job = jobTokens(id)!;
  const last_by_subj = form.total === 1 ? endSubject(job) : resultSubject(job, at);
  const message: Told | null = await cluster.manager.direct.getMessage(RESULT_STREAM, { last_by_subj });
  if (message === null) return undefined;
  return await unpackPicture(cluster, message).catch((error: unknown) => {
    if (error instanceof ApiError) return undefined;
    throw error;
  });
}

/** Pictures of a job that is done of which its front end did not hear. */
export async function lostPictures(cluster: Cluster, job: FollowedJob): Promise<PlacedPicture[]> {
  const missing = job.finished.flatMap((picture, at) => (picture === undefined ? [at] : []));
  const found = await Promise.all(missing.map((at) => pictureAt(cluster, job, at)));
  return found.filter((picture) => picture !== undefined);
}

/**
 * How many pictures come before a job's in its lane, at least (what was taken out after it is counted as before it); undefined unless it waits.
 */
export async function placeOf(cluster: Cluster, id: string): Promise<number | undefined> {
  const job = jobTokens(id);
  const work = job === undefined ? undefined : await firstWork(cluster, job);
  if (work === undefined) return undefined;
  const queue = await queueOf(cluster, placeOfWork(work.subject));
  if (isGivenOut(queue, work)) return undefined;
  const { state } = await cluster.manager.streams.info(WORK_STREAM);
  return Math.max(0, (queue?.num_pending ?? state.messages) - (state.last_seq - work.seq + 1));
}

/** Messages of a model's jobs that wait or are at work; shards of sets are none. */
export async function waitingOf(cluster: Cluster, model: string): Promise<number> {
  const queues = await Promise.all(LANES.map((lane) => queueOf(cluster, { model, machines: ANY_CLASS, lane })));
  const known = queues.filter((queue) => queue !== undefined);
  if (known.length > 0) return known.reduce((sum, queue) => sum + queue.num_pending + queue.num_ack_pending, 0);
  return (await cluster.manager.streams.info(WORK_STREAM)).state.messages;
}
