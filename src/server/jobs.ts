/** Jobs from being handed in to being forgotten, and the one loop that gives them to the renderer. */

import { randomUUID } from "node:crypto";
import type { JobStatus } from "../client/index.ts";
import type { ShownScales } from "../pipelines/index.ts";
import { ApiError, toApiError } from "./errors.ts";
import type { Metrics } from "./metrics.ts";
import type { Claim, JobQueue } from "./queue.ts";
import type { DrawBatch, DrawRow, EditWork, LargeWork, MadeScale, Renderer } from "./renderer.ts";

/** What a job is to do, decided and checked. */
export type Work =
  | { readonly kind: "draw"; readonly sampling: DrawBatch["sampling"]; readonly rows: readonly DrawRow[] }
  | {
      readonly kind: "edit";
      readonly edit: EditWork | LargeWork;
      readonly total: number;
      readonly seed: number;
      readonly shown: ShownScales;
      /** Tokens of the picture given. */
      readonly imageTokens: number;
      /** How its mask was read. */
      readonly maskReading?: string | undefined;
    };

/** What a client asked for: drawing, in windows or not, or editing. */
export const askedFor = (work: Work): "draw" | "edit" =>
  work.kind === "edit" && work.edit.task !== "generate-large" ? "edit" : "draw";

/** One picture at one scale. */
export interface MadePicture {
  /** Its number among the job's pictures. */
  readonly at: number;
  readonly isLast: boolean;
  /** How many pictures of an earlier scale were delivered for it before this one. */
  readonly earlier: number;
  readonly scale: number;
  readonly scales: number;
  readonly png: Uint8Array;
  /** Tokens drawn for it so far. */
  readonly tokens: number;
  readonly classId: number;
  readonly label: string | undefined;
  readonly indexWithinClass: number;
  readonly seed: number;
}

export interface Job {
  readonly id: string;
  readonly work: Work;
  readonly created: number;
  status: JobStatus;
  readonly finished: (MadePicture | undefined)[];
  error: ApiError | undefined;
  readonly abort: AbortController;
  readonly requestId: string | undefined;
  /** Resolves when the job is done, failed or cancelled. */
  readonly ended: Promise<void>;
}

/** Who hands work in, and how it hears of it. */
interface Order {
  readonly requestId?: string | undefined;
  readonly onPicture?: ((picture: MadePicture) => void) | undefined;
}

export interface JobsOptions {
  readonly queue: JobQueue;
  readonly renderer: Renderer;
  readonly metrics: Metrics;
  /** Most pictures side by side of a plan. */
  readonly batchSize: (sampling: DrawBatch["sampling"]) => number;
  /** Longest that a job may take from being accepted to its end, in ms. */
  readonly jobMs: number;
  /** Ended jobs that are kept to be asked for, and how long, in ms. */
  readonly keep: number;
  readonly keepMs: number;
  /** Is told of jobs that failed. */
  readonly onFailure: (requestId: string | undefined, error: ApiError) => void;
}

export interface Jobs {
  /** Hands work in. @throws ApiError 429 where the queue is full, 503 while stopping. */
  submit(work: Work, order?: Order): Promise<Job>;
  find(id: string): Job | undefined;
  cancel(job: Job, reason?: ApiError): Promise<void>;
  /** Ends: jobs have `graceMs` to finish, then are given back with 503. */
  stop(graceMs: number): Promise<void>;
}

interface Entry extends Job {
  readonly onPicture: Order["onPicture"];
  readonly end: () => void;
  /** Partial pictures delivered, for every picture. */
  readonly partial: number[];
  readonly timer: NodeJS.Timeout;
}

export const cancelled = (): ApiError =>
  new ApiError(409, "job: expected to be finished, got cancelled", { code: "job_cancelled" });

/** Starts the loop that owns the renderer. */
export function startJobs(options: JobsOptions): Jobs {
  const { queue, renderer, metrics, jobMs } = options;
  const entries = new Map<string, Entry>();
  let stopping = false;
  let running: Promise<void> | undefined;
  const pace = startPace();

  const isOpen = (entry: Entry): boolean => entry.status === "queued" || entry.status === "running";
  const end = (entry: Entry, status: "done" | "failed" | "cancelled", error?: ApiError): void => {
    if (!isOpen(entry)) return;
    entry.status = status;
    entry.error = error;
    clearTimeout(entry.timer);
    if (error !== undefined) options.onFailure(entry.requestId, error);
    metrics.ended(status, (Date.now() - entry.created) / 1000);
    if (status !== "done") entry.abort.abort(error);
    entry.end();
    setTimeout(() => entries.delete(entry.id), options.keepMs).unref();
    const over = [...entries.values()].filter((one) => !isOpen(one));
    for (const old of over.slice(0, Math.max(0, over.length - options.keep))) entries.delete(old.id);
  };

  const deliver = (entry: Entry, scale: MadeScale, at: number, made: MadeScale["pictures"][number], seed: number) => {
    if (!isOpen(entry)) return;
    const { classId, label, indexWithinClass } = made.info;
    const picture: MadePicture = {
      at,
      isLast: scale.isLast,
      earlier: entry.partial[at]!,
      scale: scale.index,
      scales: scale.total,
      png: made.png,
      tokens: made.tokens,
      classId,
      label,
      indexWithinClass,
      seed,
    };
    if (scale.isLast) {
      entry.finished[at] = picture;
      metrics.picture();
    } else entry.partial[at]!++;
    entry.onPicture?.(picture);
  };

  const carryOut = async (claims: readonly Claim[]): Promise<void> => {
    const parts = claims.flatMap(({ id, first, count }) => {
      const entry = entries.get(id);
      return entry !== undefined && isOpen(entry) ? [{ entry, first, count }] : [];
    });
    if (parts.length === 0) return;
    for (const { entry } of parts) entry.status = "running";
    const begun = performance.now();
    const abort = new AbortController();
    // A batch stops as soon as nobody waits for any of it.
    const check = (): void => {
      if (parts.every(({ entry }) => !isOpen(entry))) abort.abort();
    };
    for (const { entry } of parts) entry.abort.signal.addEventListener("abort", check);
    try {
      const { work } = parts[0]!.entry;
      if (work.kind === "edit") {
        const { entry } = parts[0]!;
        for await (const scale of renderer.edit(work.edit, work.shown, abort.signal))
          for (const made of scale.pictures) deliver(entry, scale, made.at, made, work.seed);
      } else {
        const rows = parts.flatMap(({ entry, first, count }) =>
          entry.work.kind === "draw"
            ? entry.work.rows.slice(first, first + count).map((row, i) => ({ entry, row, at: first + i }))
            : [],
        );
        metrics.batch(rows.length);
        const batch = { sampling: work.sampling, rows: rows.map(({ row }) => row) };
        for await (const scale of renderer.draw(batch, abort.signal))
          for (const made of scale.pictures) {
            const { entry, at, row } = rows[made.at]!;
            deliver(entry, scale, at, made, row.seed);
          }
      }
      pace.took((performance.now() - begun) / 1000 / parts.length);
      for (const { entry } of parts) if (entry.finished.every((picture) => picture !== undefined)) end(entry, "done");
    } catch (error) {
      if (!abort.signal.aborted) {
        const failure = toApiError(error);
        for (const { entry } of parts) {
          await queue.remove(entry.id);
          end(entry, "failed", failure);
        }
      }
    } finally {
      for (const { entry } of parts) entry.abort.signal.removeEventListener("abort", check);
    }
  };

  const nextLimit = (): number => {
    const first = [...entries.values()].find((entry) => isOpen(entry) && entry.finished.includes(undefined));
    if (first === undefined || first.work.kind === "edit") return 1;
    return options.batchSize(first.work.sampling);
  };
  const loop = async (): Promise<void> => {
    for (;;) {
      const claims = await queue.claim(nextLimit());
      if (claims.length === 0) break;
      await carryOut(claims);
    }
    running = undefined;
  };
  const wake = (): void => {
    // The next turn of the event loop, so that requests that arrived together are drawn together.
    running ??= new Promise<void>((resolve) => setImmediate(resolve)).then(loop);
  };

  const jobs: Jobs = {
    async submit(work, { requestId, onPicture } = {}) {
      if (stopping) throw stopped();
      let ended = (): void => {};
      const waits = new Promise<void>((resolve) => {
        ended = resolve;
      });
      const id = randomUUID();
      const total = work.kind === "draw" ? work.rows.length : work.total;
      const late = new ApiError(504, `job: expected to end within ${jobMs / 1000} s, got more`, { code: "timeout" });
      const entry: Entry = {
        id,
        work,
        created: Date.now(),
        status: "queued",
        finished: Array.from({ length: total }, () => undefined),
        error: undefined,
        abort: new AbortController(),
        ended: waits,
        requestId,
        onPicture,
        end: ended,
        partial: Array.from({ length: total }, () => 0),
        timer: setTimeout(() => void jobs.cancel(entry, late), jobMs).unref(),
      };
      const key = work.kind === "draw" ? JSON.stringify(work.sampling) : id;
      entries.set(id, entry);
      if (!(await queue.add({ id, key, units: work.kind === "draw" ? total : 1 }))) {
        entries.delete(id);
        clearTimeout(entry.timer);
        const message = "queue: expected room for a job, got a full queue; try again later";
        throw new ApiError(429, message, { code: "queue_full", retryAfter: pace.wait(await queue.length()) });
      }
      wake();
      return entry;
    },
    find: (id) => entries.get(id),
    async cancel(job, reason) {
      const entry = entries.get(job.id);
      if (entry === undefined || !isOpen(entry)) return;
      end(entry, reason === undefined ? "cancelled" : "failed", reason ?? cancelled());
      await queue.remove(entry.id);
    },
    async stop(graceMs) {
      stopping = true;
      const open = [...entries.values()].filter(isOpen);
      const all = Promise.all(open.map((entry) => entry.ended));
      await within(all, graceMs);
      for (const entry of open) await jobs.cancel(entry, stopped());
      // Nobody waits for the scale under way.
      await within(running, LAST_SCALE_MS);
    },
  };
  return jobs;
}

/** Longest that a stop waits for the scale under way, in ms. */
const LAST_SCALE_MS = 1000;

/** Waits for work to end, but no longer than so many ms. */
async function within(work: Promise<unknown> | undefined, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}

/** Longest wait that a client is told, in seconds. */
const LONGEST_WAIT = 60;
/** Share of the newest batch in the mean time that a job takes. */
const NEWEST = 0.3;

/** How fast jobs go lately, and when to come back: once those that wait now are done. */
export function startPace(): { took(secondsPerJob: number): void; wait(waiting: number): number } {
  let mean: number | undefined;
  return {
    took(secondsPerJob) {
      mean = mean === undefined ? secondsPerJob : (1 - NEWEST) * mean + NEWEST * secondsPerJob;
    },
    wait: (waiting) => Math.min(LONGEST_WAIT, Math.max(1, Math.ceil(waiting * (mean ?? 0)))),
  };
}

function stopped(): ApiError {
  return new ApiError(503, "server: expected to be running, got a stop; hand the request in again", {
    code: "server_stopping",
    retryAfter: 5,
  });
}
