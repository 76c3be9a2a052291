/** What carries jobs out, as the HTTP API sees it: in this process (`jobs.ts`), or on many machines (`src/cluster`). */
import type { EventEmitter } from "node:events";
import type { JobStatus } from "../client/index.ts";
import type { Drawing } from "../options/index.ts";
import type { RunCost, ShownScales } from "../pipelines/index.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { ApiError } from "./errors.ts";
import type { Fields } from "./fields.ts";
import type { Limits } from "./limits.ts";
import type { Metrics } from "./metrics.ts";
import type { DrawRow, EditWork, LargeWork, MadePng, MadeScale } from "./renderer.ts";

/** What a job is to do, decided and checked. */
export type Work = (
  | { readonly kind: "draw"; readonly sampling: Drawing; readonly rows: readonly DrawRow[] }
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
    }
) & {
  /** What it takes, where the model's costs are known. */
  readonly cost?: RunCost | undefined;
  /** Where pictures are not to be PNGs. */
  readonly output?: JobOutput | undefined;
};

/** What replies make of a job's PNGs. */
export interface JobOutput {
  readonly format: "jpeg" | "webp";
  /** 1 to 100. */
  readonly quality: number;
}

/** The two calls that ask for pictures. */
export type CallKind = "generation" | "edit";

/** Work, and the checked call that it was read off, for engines that send it on. */
export interface Order {
  readonly work: Work;
  readonly call: CallKind;
  readonly fields: Fields;
  /** Who calls, where that is told apart. */
  readonly caller?: string | undefined;
}

/** One picture at one scale; `at` is its number among the job's pictures. */
export interface MadePicture extends MadePng {
  readonly scale: Omit<MadeScale, "pictures">;
  /** How many pictures of an earlier scale were delivered for it before this one. */
  readonly earlier: number;
  readonly seed: number;
  /** What kind of machine drew it, where that may differ: `a>b` where what `a` had begun was drawn by `b`. */
  readonly fingerprint?: string | undefined;
}

/** What replies say of a job's pictures beside themselves. */
export interface JobForm {
  readonly call: CallKind;
  /** Of the finished pictures, in pixels. */
  readonly size: readonly [width: number, height: number];
  /** Pictures that it makes. */
  readonly total: number;
  /** Tokens of the picture given; 0 where none was. */
  readonly imageTokens: number;
  readonly maskReading?: string | undefined;
  readonly output?: JobOutput | undefined;
}

/** A job as it stands. */
export interface JobState {
  readonly id: string;
  readonly requestId: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly form: JobForm;
  readonly status: JobStatus;
  /** Finished pictures so far. */
  readonly done: number;
  /** Finished pictures, in order; an engine that keeps them elsewhere fetches them once the job is done. */
  readonly pictures: readonly MadePicture[];
  readonly error: ApiError | undefined;
}

/** A job that was handed in here and is followed to its end. */
export interface OpenJob extends JobState {
  /** Tells of every `picture`, and of the `end`. */
  readonly news: EventEmitter<{ picture: [MadePicture]; end: [] }>;
  /** Resolves when the job is done, failed or cancelled. */
  readonly ended: Promise<unknown>;
}

export interface JobEngine {
  /** Hands work in. @throws ApiError 429 where too much waits, 503 while stopping */
  submit(order: Order, requestId: string): Promise<OpenJob>;
  /** A job by its id, while it is open or kept. */
  find(id: string): Promise<JobState | undefined>;
  /** A caller's jobs that are open or kept, newest first, at most so many; left out by engines that keep no list. */
  list?(caller: string, most: number): Promise<readonly JobState[]>;
  /** Jobs before this one; undefined unless it waits. */
  position(id: string): Promise<number | undefined>;
  /** Ends an open job, as cancelled or for a reason; others stay as they are. */
  cancel(id: string, reason?: ApiError): Promise<void>;
  /** Jobs that wait. */
  waiting(): Promise<number>;
  /** How the machines of an engine that has many stand; undefined where that cannot be told soon. Left out by those of one process. */
  cluster?(): Promise<ClusterState | undefined>;
  /** Takes no more work, lets jobs at work end within `graceMs`, and gives up what is left. */
  stop(graceMs: number): Promise<void>;
}

/** What the API gives an engine to work with. */
export interface EngineContext {
  readonly limits: Limits;
  readonly metrics: Metrics;
  /** Is told of jobs that failed. */
  readonly onFailure: (requestId: string, error: ApiError) => void;
}

/** What replies say of a job, from its work. */
export function formOf(work: Work): JobForm {
  if (work.kind === "draw") {
    const { width, height } = work.sampling.plan.sizePx;
    const { output } = work;
    return { call: "generation", size: [width, height], total: work.rows.length, imageTokens: 0, output };
  }
  const { edit, total, imageTokens, maskReading, output } = work;
  // Windows over a coarse picture are carried out as edits are.
  return edit.task === "generate-large"
    ? { call: "generation", size: edit.options.size, total, imageTokens, output }
    : { call: "edit", size: edit.size, total, imageTokens, maskReading, output };
}
