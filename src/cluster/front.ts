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
import { endJob, endOf, readEnd } from "./ends.ts";
import { findJob, lostPictures, placeOf, waitingOf } from "./find.ts";
import { idWithin, isEnd, JOB_TOKEN, jobId, jobTokens, newsOf, WORK_STREAM, workOfJob } from "./layout.ts";
import { apiErrorOf, errorOf, type How, read } from "./messages.ts";
import { dropFiles, fileName, type Told, unpackPicture } from "./pictures.ts";
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
      waiting: () => asked(() => waitingOf(cluster, options.model)),
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
  const known = open.get(id) ?? (job === undefined ? undefined : await findJob(cluster, id));
  if (job === undefined || known === undefined) return;
  const how: How = reason === undefined ? { status: "cancelled" } : { status: "failed", error: errorOf(reason) };
  const isFirst = await endJob(cluster, known, how, { untilMs: Date.now() + PATIENCE_MS });
  if (known.form.call === "edit")
    dropFiles(
      cluster,
      FILES.map((name) => fileName(job, name)),
    );
  if (isFirst) await cluster.manager.streams.purge(WORK_STREAM, { filter: workOfJob(job) }).catch(() => undefined);
}

/** Follows what workers tell of this front end's jobs. */
function listen(front: Front): void {
  const { cluster, name, open } = front;
  const { results, scales, begun } = newsOf(name);
  for (const subject of [scales, results])
    cluster.connection.subscribe(subject, {
      callback: (_, message) => {
        const job = open.get(idWithin(message.subject, JOB_TOKEN));
        if (job === undefined) return;
        job.heard = Date.now();
        // Bytes of a message are the connection's own until the next one comes.
        const told = { data: message.data.slice(), headers: message.headers };
        const take = isEnd(message.subject) ? finish : hear;
        job.turn = job.turn.then(() => take(front, job, told)).catch(() => undefined);
      },
    });
  cluster.connection.subscribe(begun, {
    callback: (_, message) => {
      for (const id of read.ids(message.data)) noteBegun(open.get(id));
    },
  });
}

function noteBegun(job: FollowedJob | undefined): void {
  if (job === undefined) return;
  job.heard = Date.now();
  if (job.status === "queued") job.status = "running";
  job.begun ??= Date.now();
}

async function hear({ cluster }: Front, job: FollowedJob, message: Told): Promise<void> {
  const picture = await unpackPicture(cluster, message);
  if (picture !== undefined) deliver(job, picture);
}

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

/** The job is over: what was not heard of is fetched, then who waits is told. */
async function finish(front: Front, job: FollowedJob, message: Told): Promise<void> {
  if (!front.open.has(job.id)) return;
  const end = readEnd(message);
  if (end.status === "done") {
    // An object that is gone is looked for once more below.
    await hear(front, job, message).catch(() => undefined);
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
    const end = await endOf(front.cluster, jobTokens(job.id)!).catch(() => undefined);
    if (end !== undefined) job.turn = job.turn.then(() => finish(front, job, end)).catch(() => undefined);
  }
}

/** Calls that wait have some time; then they are told to ask again. Jobs that are asked for later go on elsewhere. */
async function stop(front: Front, graceMs: number): Promise<void> {
  const waited = [...front.open.values()].filter(({ order }) => order.fields.async !== true);
  const late = new Promise<void>((resolve) => setTimeout(resolve, graceMs).unref());
  await Promise.race([Promise.all(waited.map(({ ended }) => ended)), late]);
  for (const { id } of waited) if (front.open.has(id)) await cancel(front, id, stopped()).catch(() => undefined);
}
