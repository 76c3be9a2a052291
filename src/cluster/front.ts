/** A front end's jobs on a cluster: handed in here, drawn anywhere, told of here; asked for at any front end. */
import { EventEmitter, once } from "node:events";
import {
  type ApiError,
  cancelled,
  type EngineContext,
  formOf,
  type JobEngine,
  type JobForm,
  type MadePicture,
  type OpenJob,
  type Order,
  stopped,
  tooLate,
} from "../server/index.ts";
import type { Cluster } from "./connect.ts";
import { findJob, lostPictures, placeOf } from "./find.ts";
import { endKey, idWithin, JOB_TOKEN, jobId, jobTokens, newsOf, WORK_STREAM, workOfJob } from "./layout.ts";
import { apiErrorOf, type End, errorOf, read } from "./messages.ts";
import { endJob } from "./orders.ts";
import { dropFiles, fileName, unpackPicture } from "./pictures.ts";
import { asked, PATIENCE_MS } from "./refusal.ts";
import { clusterLook } from "./state.ts";
import { FILES, publishOrder, type Sorting } from "./submit.ts";

export interface FrontOptions extends Sorting {
  readonly cluster: Cluster;
}

/** A job that was handed in here and is not over. */
export interface FollowedJob extends OpenJob {
  status: OpenJob["status"];
  error: ApiError | undefined;
  readonly finished: (MadePicture | undefined)[];
  /** Of every picture, the last scale that was told of, and how many were. */
  readonly told: { scale: number; count: number }[];
  readonly order: Order;
  readonly timer: NodeJS.Timeout;
  /** News are taken one after the other. */
  turn: Promise<void>;
  heard: number;
  /** When it was begun, and when its last picture came, in milliseconds since 1970. */
  begun?: number;
  drawn?: number;
}

interface Front extends FrontOptions, EngineContext {
  readonly name: string;
  readonly open: Map<string, FollowedJob>;
  stopping: boolean;
}

/** A job of which nothing was heard for this long is looked after: news can be lost on the way, what is kept cannot. */
const QUIET_MS = 3000;

const randomToken = (digits: number): string => crypto.randomUUID().replaceAll("-", "").slice(0, digits);

/** Jobs of an HTTP server carried out by the workers of a cluster. */
export function clusterEngine(options: FrontOptions): (context: EngineContext) => JobEngine {
  return (context) => {
    const front: Front = { ...options, ...context, name: randomToken(8), open: new Map(), stopping: false };
    listen(front);
    const care = setInterval(() => void lookAfter(front), QUIET_MS / 2).unref();
    const { cluster } = options;
    return {
      submit: (order, requestId) => submit(front, order, requestId),
      find: async (id) => front.open.get(id) ?? (await asked(() => findJob(cluster, id))),
      position: (id) => asked(() => placeOf(cluster, id)),
      cluster: clusterLook(cluster),
      cancel: (id, reason) => asked(() => cancel(front, id, reason)),
      waiting: async () => (await asked(() => cluster.manager.streams.info(WORK_STREAM))).state.messages,
      async stop(graceMs) {
        front.stopping = true;
        await stop(front, graceMs);
        clearInterval(care);
      },
    };
  };
}

async function submit(front: Front, order: Order, requestId: string): Promise<FollowedJob> {
  if (front.stopping) throw stopped();
  const job = followed(front, order, requestId);
  front.open.set(job.id, job);
  try {
    await publishOrder(front, job);
  } catch (error) {
    front.open.delete(job.id);
    clearTimeout(job.timer);
    throw error;
  }
  return job;
}

function followed(front: Front, order: Order, requestId: string): FollowedJob {
  const id = jobId(front.name, randomToken(16));
  const form: JobForm = formOf(order.work);
  const news: FollowedJob["news"] = new EventEmitter();
  const { jobMs } = front.limits;
  const isMissing = (picture: MadePicture | undefined): picture is undefined => picture === undefined;
  return {
    id,
    requestId,
    created: Date.now(),
    form,
    status: "queued",
    get done() {
      return this.finished.filter((picture) => !isMissing(picture)).length;
    },
    get pictures() {
      return this.finished.filter((picture) => picture !== undefined);
    },
    error: undefined,
    news,
    ended: once(news, "end"),
    finished: Array(form.total).fill(undefined),
    told: Array.from({ length: form.total }, () => ({ scale: -1, count: 0 })),
    order,
    timer: setTimeout(() => void cancel(front, id, tooLate(jobMs)).catch(() => undefined), jobMs).unref(),
    turn: Promise.resolve(),
    heard: Date.now(),
  };
}

/** Writes the end, tells the workers, and takes what waits out. Jobs that are over stay as they are. */
async function cancel({ cluster, open }: Front, id: string, reason?: ApiError): Promise<void> {
  const job = jobTokens(id);
  if (job === undefined || (!open.has(id) && (await findJob(cluster, id)) === undefined)) return;
  const how: End = reason === undefined ? { status: "cancelled" } : { status: "failed", error: errorOf(reason) };
  const isFirst = await endJob(cluster, job, how, { untilMs: Date.now() + PATIENCE_MS });
  if (open.get(id)?.form.call === "edit")
    dropFiles(
      cluster,
      FILES.map((name) => fileName(job, name)),
    );
  if (isFirst) await cluster.manager.streams.purge(WORK_STREAM, { filter: workOfJob(job) }).catch(() => undefined);
}

/** Follows what workers tell of this front end's jobs. */
function listen(front: Front): void {
  const { cluster, name, open } = front;
  const { results, scales, begun, ends } = newsOf(name);
  const { flexvar, bucket } = JOB_TOKEN;
  const on = (
    subject: string,
    first: number,
    take: (job: FollowedJob, message: Told) => Promise<void> | void,
  ): void => {
    cluster.connection.subscribe(subject, {
      callback: (_, message) => {
        const job = open.get(idWithin(message.subject, first));
        if (job === undefined) return;
        job.heard = Date.now();
        // Bytes of a message are the connection's own until the next one comes.
        const told = { data: message.data.slice(), headers: message.headers };
        job.turn = job.turn.then(() => take(job, told)).catch(() => undefined);
      },
    });
  };
  const picture = async (job: FollowedJob, message: Told) => deliver(job, await unpackPicture(cluster, message));
  on(scales, flexvar, picture);
  on(results, flexvar, picture);
  on(begun, bucket, (job) => {
    if (job.status === "queued") job.status = "running";
    job.begun ??= Date.now();
  });
  on(ends, bucket, (job, { data }) => finish(front, job, data));
}

type Told = Parameters<typeof unpackPicture>[1];

/** Tells of a picture that is new: another worker may begin anew what one had begun. */
function deliver(job: FollowedJob, made: MadePicture): void {
  const { at, scale } = made;
  const told = job.told[at];
  if (told === undefined || scale.index <= told.scale || job.finished[at] !== undefined) return;
  told.scale = scale.index;
  const picture = { ...made, earlier: told.count };
  if (scale.isLast) {
    job.finished[at] = picture;
    job.drawn = Date.now();
  } else told.count++;
  job.news.emit("picture", picture);
}

/** The job is over: what was not heard of is fetched, then who waits is told. @param bytes an end as it is kept */
async function finish(front: Front, job: FollowedJob, bytes: Uint8Array): Promise<void> {
  if (!front.open.has(job.id) || bytes.length === 0) return;
  const end = read.end(bytes);
  if (end.status === "done") {
    for (const picture of await lostPictures(front.cluster, job)) deliver(job, picture);
    for (const _ of job.finished) front.metrics.picture();
    tellStages(front, job);
  }
  job.status = end.status;
  if (end.status !== "done") job.error = end.error === undefined ? cancelled() : apiErrorOf(end.error);
  if (end.status === "failed" && job.error !== undefined) front.onFailure(job.requestId, job.error);
  clearTimeout(job.timer);
  front.open.delete(job.id);
  front.metrics.ended(end.status, (Date.now() - job.created) / 1000);
  job.news.emit("end");
}

/** Of jobs that were seen to begin: that news can be lost with a connection. */
function tellStages({ metrics }: Front, { created, begun, drawn }: FollowedJob): void {
  if (begun === undefined || drawn === undefined) return;
  metrics.stage("waiting", begun - created);
  metrics.stage("drawing", drawn - begun);
  metrics.stage("delivering", Date.now() - drawn);
}

/** Ends of jobs that have been quiet for long, looked up: a message of one may have been lost with a connection. */
async function lookAfter(front: Front): Promise<void> {
  for (const job of [...front.open.values()]) {
    if (Date.now() - job.heard < QUIET_MS) continue;
    job.heard = Date.now();
    const entry = await front.cluster.jobs.get(endKey(jobTokens(job.id)!)).catch(() => null);
    if (entry?.operation === "PUT")
      job.turn = job.turn.then(() => finish(front, job, entry.value)).catch(() => undefined);
  }
}

/** Calls that wait have some time; then they are told to ask again. Jobs that are asked for later go on elsewhere. */
async function stop(front: Front, graceMs: number): Promise<void> {
  const waited = [...front.open.values()].filter(({ order }) => order.fields.async !== true);
  const late = new Promise<void>((resolve) => setTimeout(resolve, graceMs).unref());
  await Promise.race([Promise.all(waited.map(({ ended }) => ended)), late]);
  for (const { id } of waited) if (front.open.has(id)) await cancel(front, id, stopped()).catch(() => undefined);
}
