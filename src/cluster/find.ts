/** Jobs as the cluster keeps them: any front end answers for any. */
import { ApiError, cancelled, type JobState, type MadePicture } from "../server/index.ts";
import type { Cluster } from "./connect.ts";
import type { FollowedJob } from "./front.ts";
import {
  begunKey,
  endKey,
  JOBS_BUCKET,
  jobTokens,
  keysOfJob,
  RESULT_STREAM,
  recordKey,
  resultSubject,
  WORK_STREAM,
} from "./layout.ts";
import { apiErrorOf, type JobRecord, read } from "./messages.ts";
import { resultsOf } from "./orders.ts";
import { type PlacedPicture, unpackPicture } from "./pictures.ts";

async function recordOf({ jobs }: Cluster, job: string): Promise<JobRecord | undefined> {
  const entry = await jobs.get(recordKey(job));
  return entry?.operation === "PUT" ? read.record(entry.value) : undefined;
}

/** A job by its id; undefined where none has it (any more). */
export async function findJob(cluster: Cluster, id: string): Promise<JobState | undefined> {
  const job = jobTokens(id);
  const record = job === undefined ? undefined : await recordOf(cluster, job);
  if (job === undefined || record === undefined) return undefined;
  const { requestId, created, form } = record;
  const known = { id, requestId, created, form };
  const entry = await cluster.jobs.get(endKey(job));
  if (entry?.operation !== "PUT") {
    const keys = await keysThere(cluster, job);
    const isBegun = keys.some((key) => key.includes(".begun."));
    const done = isBegun ? await resultsOf({ manager: cluster.manager }, job) : 0;
    return { ...known, status: isBegun ? "running" : "queued", done, pictures: [], error: undefined };
  }
  const { status, error } = read.end(entry.value);
  if (status === "done") {
    const pictures = await picturesOf(cluster, job, form.total);
    // A job whose pictures are not kept any more is not either.
    if (pictures.length < form.total) return undefined;
    return { ...known, status, done: pictures.length, pictures, error: undefined };
  }
  return {
    ...known,
    status,
    done: await resultsOf({ manager: cluster.manager }, job),
    pictures: [],
    error: error === undefined ? cancelled() : apiErrorOf(error),
  };
}

async function keysThere({ manager }: Cluster, job: string): Promise<string[]> {
  const { state } = await manager.streams.info(`KV_${JOBS_BUCKET}`, { subjects_filter: keysOfJob(job) });
  return Object.keys(state.subjects ?? {});
}

/** Finished pictures of a job, in order. */
async function picturesOf(cluster: Cluster, job: string, total: number): Promise<MadePicture[]> {
  const all = await Promise.all(Array.from({ length: total }, (_, at) => pictureAt(cluster, job, at)));
  return all.filter((picture) => picture !== undefined);
}

/** A finished picture; undefined where it is not kept any more. */
async function pictureAt(cluster: Cluster, job: string, at: number): Promise<PlacedPicture | undefined> {
  const message = await cluster.manager.direct.getMessage(RESULT_STREAM, { last_by_subj: resultSubject(job, at) });
  if (message === null) return undefined;
  return await unpackPicture(cluster, message).catch((error: unknown) => {
    if (error instanceof ApiError) return undefined;
    throw error;
  });
}

/** Pictures of a job that is done of which its front end did not hear. */
export async function lostPictures(cluster: Cluster, { id, finished }: FollowedJob): Promise<PlacedPicture[]> {
  const missing = finished.flatMap((picture, at) => (picture === undefined ? [at] : []));
  const found = await Promise.all(missing.map((at) => pictureAt(cluster, jobTokens(id)!, at)));
  return found.filter((picture) => picture !== undefined);
}

/** How many pictures come before a job's, at least (what was taken out after it is counted as before it); undefined unless it waits. */
export async function placeOf(cluster: Cluster, id: string): Promise<number | undefined> {
  const job = jobTokens(id);
  const record = job === undefined ? undefined : await recordOf(cluster, job);
  if (job === undefined || record === undefined) return undefined;
  const keys = await keysThere(cluster, job);
  if (keys.some((key) => key.endsWith(".end") || key.startsWith(`$KV.${JOBS_BUCKET}.${begunKey(job, 0)}`)))
    return undefined;
  const { state } = await cluster.manager.streams.info(WORK_STREAM);
  return Math.max(0, state.messages - (state.last_seq - record.sequence + 1));
}
