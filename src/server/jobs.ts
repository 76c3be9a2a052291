/** Jobs from being handed in to being forgotten, and the one loop that gives them to the renderer. */
import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { JobStatus } from "../client/index.ts";
import {
  type EngineContext,
  formOf,
  type JobEngine,
  type MadePicture,
  type OpenJob,
  type Order,
  type Work,
} from "./engine.ts";
import { type ApiError, cancelled, queueFull, stopped, toApiError, tooLate } from "./errors.ts";
import type { Claim, JobQueue } from "./queue.ts";
import type { DrawBatch, MadePng, Renderer } from "./renderer.ts";

interface Job extends OpenJob {
  readonly caller: string;
  readonly work: Work;
  status: JobStatus;
  readonly finished: (MadePicture | undefined)[];
  /** Partial pictures delivered, for every picture. */
  readonly partial: number[];
  error: ApiError | undefined;
  /** When it was begun, in milliseconds since 1970. */
  begun?: number;
  readonly timer: NodeJS.Timeout;
}

interface MemoryOptions extends EngineContext {
  readonly queue: JobQueue;
  readonly renderer: Renderer;
  /** Most pictures side by side of a plan. */
  readonly batchSize: (sampling: DrawBatch["sampling"]) => number;
}

/** All jobs of a server. */
interface Jobs extends MemoryOptions {
  /** Those that are open or kept, by id, oldest first. */
  readonly known: Map<string, Job>;
  readonly pace: Pace;
  /** What the renderer is at. */
  batch: { readonly parts: readonly Part[]; readonly abort: AbortController } | undefined;
  /** The loop, while there is work. */
  running: Promise<void> | undefined;
  stopping: boolean;
}

/** Pictures of a job that are made together: `count` from `first`. */
interface Part extends Omit<Claim, "id"> {
  readonly job: Job;
}

/** Jobs in this process: one queue, one renderer. */
export function memoryEngine(options: MemoryOptions): JobEngine {
  const jobs: Jobs = {
    ...options,
    known: new Map(),
    pace: startPace(),
    batch: undefined,
    running: undefined,
    stopping: false,
  };
  return {
    submit: (order, requestId) => submit(jobs, order, requestId),
    find: async (id) => jobs.known.get(id),
    list: async (caller, most) =>
      [...jobs.known.values()]
        .filter((job) => job.caller === caller)
        .reverse()
        .slice(0, most),
    position: (id) => jobs.queue.position(id),
    async cancel(id, reason) {
      const job = jobs.known.get(id);
      if (job !== undefined) await cancel(jobs, job, reason);
    },
    waiting: () => jobs.queue.length(),
    stop: (graceMs) => stop(jobs, graceMs),
  };
}

async function submit(jobs: Jobs, { work, caller = "" }: Order, requestId: string): Promise<Job> {
  if (jobs.stopping) throw stopped();
  const { queue, known } = jobs;
  const job = openJob(jobs, work, requestId, caller);
  const { id, form } = job;
  known.set(id, job);
  const isDrawn = work.kind === "draw";
  const key = isDrawn ? JSON.stringify(work.sampling) : id;
  if (!(await queue.add({ id, key, units: isDrawn ? form.total : 1 }))) {
    known.delete(id);
    clearTimeout(job.timer);
    throw queueFull(jobs.pace.wait(await queue.length()));
  }
  // The next turn of the event loop, so that requests that arrived together are drawn together.
  jobs.running ??= nextTurn().then(() => loop(jobs));
  return job;
}

function openJob(jobs: Jobs, work: Work, requestId: string, caller: string): Job {
  const form = formOf(work);
  const news: Job["news"] = new EventEmitter();
  const late = tooLate(jobs.limits.jobMs);
  const job: Job = {
    id: randomUUID(),
    requestId,
    caller,
    work,
    form,
    created: Date.now(),
    status: "queued",
    finished: Array(form.total).fill(undefined),
    get done() {
      return this.pictures.length;
    },
    get pictures() {
      return this.finished.filter((picture) => picture !== undefined);
    },
    partial: Array(form.total).fill(0),
    error: undefined,
    news,
    ended: once(news, "end"),
    timer: setTimeout(() => void cancel(jobs, job, late), jobs.limits.jobMs).unref(),
  };
  return job;
}

async function cancel(jobs: Jobs, job: Job, reason?: ApiError): Promise<void> {
  if (!isOpen(job)) return;
  end(jobs, job, reason === undefined ? "cancelled" : "failed", reason ?? cancelled());
  await jobs.queue.remove(job.id);
}

async function stop(jobs: Jobs, graceMs: number): Promise<void> {
  jobs.stopping = true;
  const open = [...jobs.known.values()].filter(isOpen);
  await Promise.race([Promise.all(open.map(({ ended }) => ended)), after(graceMs)]);
  for (const job of open) await cancel(jobs, job, stopped());
  // Nobody waits for the scale under way.
  await Promise.race([jobs.running, after(LAST_SCALE_MS)]);
}

async function loop(jobs: Jobs): Promise<void> {
  for (;;) {
    const claims = await jobs.queue.claim(nextLimit(jobs));
    if (claims.length === 0) break;
    const parts = claims.flatMap(({ id, ...share }) => {
      const job = jobs.known.get(id);
      return job !== undefined && isOpen(job) ? [{ job, ...share }] : [];
    });
    if (parts.length > 0) await carryOut(jobs, parts);
  }
  jobs.running = undefined;
}

/** Most pictures that are made together next. */
function nextLimit({ known, batchSize }: Jobs): number {
  const first = [...known.values()].find((job) => isOpen(job) && job.finished.includes(undefined));
  return first?.work.kind === "draw" ? batchSize(first.work.sampling) : 1;
}

async function carryOut(jobs: Jobs, parts: readonly Part[]): Promise<void> {
  for (const { job } of parts) {
    job.status = "running";
    job.begun ??= Date.now();
  }
  const begun = performance.now();
  const abort = new AbortController();
  jobs.batch = { parts, abort };
  try {
    await make(jobs, parts, abort.signal);
    jobs.pace.took((performance.now() - begun) / 1000 / parts.length);
    for (const { job } of parts) if (!job.finished.includes(undefined)) end(jobs, job, "done");
  } catch (error) {
    if (abort.signal.aborted) return;
    const failure = toApiError(error);
    for (const { job } of parts) {
      await jobs.queue.remove(job.id);
      end(jobs, job, "failed", failure);
    }
  } finally {
    jobs.batch = undefined;
  }
}

/** Makes and delivers pictures: some of one plan, of one job or several, or all of an edit. */
async function make(jobs: Jobs, parts: readonly Part[], signal: AbortSignal): Promise<void> {
  const { renderer, metrics } = jobs;
  const {
    job,
    job: { work },
  } = parts[0]!;
  if (work.kind === "edit") {
    for await (const { pictures, ...scale } of renderer.edit(work.edit, work.shown, signal))
      for (const made of pictures) deliver(jobs, job, scale, { ...made, seed: work.seed });
    return;
  }
  const rows = parts.flatMap(({ job, first, count }) =>
    job.work.kind === "draw"
      ? job.work.rows.slice(first, first + count).map((row, i) => ({ job, row, at: first + i }))
      : [],
  );
  metrics.batch(rows.length);
  const batch = { sampling: work.sampling, rows: rows.map(({ row }) => row) };
  for await (const { pictures, ...scale } of renderer.draw(batch, signal))
    for (const made of pictures) {
      const { job, at, row } = rows[made.at]!;
      deliver(jobs, job, scale, { ...made, at, seed: row.seed });
    }
}

function deliver(
  { metrics }: Jobs,
  job: Job,
  scale: MadePicture["scale"],
  made: MadePng & Pick<MadePicture, "seed">,
): void {
  if (!isOpen(job)) return;
  const { at } = made;
  const picture = { ...made, scale, earlier: job.partial[at]! };
  if (scale.isLast) {
    job.finished[at] = picture;
    metrics.picture();
  } else job.partial[at]!++;
  job.news.emit("picture", picture);
}

const isOpen = ({ status }: Job): boolean => status === "queued" || status === "running";

function end(jobs: Jobs, job: Job, status: "done" | "failed" | "cancelled", error?: ApiError): void {
  if (!isOpen(job)) return;
  const { known, limits, metrics, batch } = jobs;
  const { keep, keepMs } = limits;
  job.status = status;
  job.error = error;
  clearTimeout(job.timer);
  if (error !== undefined) jobs.onFailure(job.requestId, error);
  metrics.ended(status, (Date.now() - job.created) / 1000);
  if (status === "done" && job.begun !== undefined) {
    metrics.stage("waiting", job.begun - job.created);
    metrics.stage("drawing", Date.now() - job.begun);
  }
  // A batch stops as soon as nobody waits for any of it.
  if (batch?.parts.every((part) => !isOpen(part.job))) batch.abort.abort();
  job.news.emit("end");
  setTimeout(() => known.delete(job.id), keepMs).unref();
  const over = [...known.values()].filter((one) => !isOpen(one));
  for (const old of over.slice(0, Math.max(0, over.length - keep))) known.delete(old.id);
}

/** Longest that a stop waits for the scale under way, in ms. */
const LAST_SCALE_MS = 1000;

/** Resolves after so many ms; keeps no process alive. */
const after = (ms: number): Promise<void> => sleep(ms, undefined, { ref: false });

/** Longest wait that a client is told, in seconds. */
const LONGEST_WAIT = 60;
/** Share of the newest batch in the mean time that a job takes. */
const NEWEST = 0.3;

type Pace = ReturnType<typeof startPace>;

/** How fast jobs go lately, and when to come back: once those that wait now are done. */
export function startPace() {
  let mean: number | undefined;
  return {
    took(secondsPerJob: number): void {
      mean = mean === undefined ? secondsPerJob : (1 - NEWEST) * mean + NEWEST * secondsPerJob;
    },
    wait: (waiting: number): number => Math.min(LONGEST_WAIT, Math.max(1, Math.ceil(waiting * (mean ?? 0)))),
  };
}
