/**
 * Where a cluster keeps what on NATS: names of streams, subjects, buckets and keys.
 *
 * | what | where | kept |
 * |---|---|---|
 * | work that waits or is at work, one message a picture (an edit: one a job) | stream `FLEXVAR_WORK`, `flexvar.work.MODEL.CLASS.LANE.JOB.N` | until it is acknowledged |
 * | finished pictures, and how a job ended (the only picture of a job with its end) | stream `FLEXVAR_RESULTS`, `flexvar.result.JOB.N`, `flexvar.result.JOB.end` | for a time |
 * | shards of sets that wait or are at work | the same, `flexvar.work.MODEL.CLASS.set.sets.NAME.N` | until they are acknowledged |
 * | drawn shards | as finished pictures, `flexvar.result.sets.NAME.N` | until who asked has them, at most for a time |
 * | partial pictures, news of begun jobs, cancellations | subjects without a stream, `flexvar.scale.JOB`, `flexvar.begun.FRONT`, `flexvar.cancel.JOB` | not at all |
 * | what workers have begun: a note of each for its jobs, one for every shard | bucket `flexvar-jobs`, `begun.WORKER`, `sets.NAME.begun.N` | for a time |
 * | workers and what they can | bucket `flexvar-workers` | while they say so |
 * | what callers have left | bucket `flexvar-callers` | an hour, or twice what filling takes |
 * | pictures given, results of more than a message holds | objects `flexvar-files` | for a time |
 * | work that ended its workers | stream `FLEXVAR_DEAD`, `flexvar.dead.MODEL` | thirty days |
 *
 * JOB is two tokens: the front end that took the job, to whose subjects its news go, and the job's own.
 */
export const WORK_STREAM = "FLEXVAR_WORK";
export const RESULT_STREAM = "FLEXVAR_RESULTS";
export const DEAD_STREAM = "FLEXVAR_DEAD";
export const JOBS_BUCKET = "flexvar-jobs";
export const WORKERS_BUCKET = "flexvar-workers";
export const CALLERS_BUCKET = "flexvar-callers";
export const FILES_BUCKET = "flexvar-files";

/** Jobs that are small go past those that are large. */
export const LANES = ["small", "large"] as const;
/** Shards of sets wait apart, for machines of one fingerprint; a worker takes them when no job waits. */
export type Lane = (typeof LANES)[number] | "set";

/** Workers of any fingerprint may do it. */
export const ANY_CLASS = "any";

/** Largest payload of a message, in bytes: what is larger is an object that the message names. */
export const MESSAGE_BYTES = 60 * 1024;

/** Where work of a kind waits. */
export interface Place {
  /** Hash of the model's content. */
  readonly model: string;
  /** Fingerprint of the workers that may do it, or {@link ANY_CLASS}. */
  readonly machines: string;
  readonly lane: Lane;
}

/** An id as clients see it, made of the front end's name and the job's own. */
export const jobId = (front: string, own: string): string => `${front}_${own}`;

/** The two tokens of an id; undefined for texts that are none. */
export function jobTokens(id: string): string | undefined {
  const match = /^([0-9a-z]{4,16})_([0-9a-z]{8,32})$/.exec(id);
  return match === null ? undefined : `${match[1]}.${match[2]}`;
}

/** The id whose tokens a subject or key has from its `first` token on. */
export function idWithin(subject: string, first: number): string {
  const tokens = subject.split(".");
  return jobId(tokens[first] ?? "", tokens[first + 1] ?? "");
}

/** Sets are called as jobs are, by a front end that nobody else goes by, so that both are kept in one way. */
const SETS = "sets";
export const setId = (name: string): string => jobId(SETS, name);
export const setTokens = (name: string): string => `${SETS}.${name}`;

const place = ({ model, machines, lane }: Place): string => `${model}.${machines}.${lane}`;

export const workSubject = (at: Place, job: string, number: number): string =>
  `flexvar.work.${place(at)}.${job}.${number}`;
/** Where a message of work waits. */
export const placeOfWork = (subject: string): Place => {
  const [, , model = "", machines = "", lane] = subject.split(".");
  return { model, machines, lane: lane as Lane };
};
/** The lane that a message of work took. */
export const laneOf = (subject: string): Lane => placeOfWork(subject).lane;
/** The machines and the number of a message of work. */
export const shardPlace = (subject: string): { readonly machines: string; readonly number: number } => {
  const tokens = subject.split(".");
  return { machines: tokens[3] ?? "", number: Number(tokens.at(-1)) };
};
/** All that waits of a job, or is at work. */
export const workOfJob = (job: string): string => `flexvar.work.*.*.*.${job}.*`;
/** What a consumer of a place hands out, and its name. */
export const workFilter = (at: Place): string => `flexvar.work.${place(at)}.>`;
/** The place of a filter; undefined of others. */
export function placeOfFilter(filter: string): { model: string; machines: string; lane: string } | undefined {
  const [, model, machines, lane] = /^flexvar\.work\.([^.*>]+)\.([^.*>]+)\.([^.*>]+)\.>$/.exec(filter) ?? [];
  return model === undefined || machines === undefined || lane === undefined ? undefined : { model, machines, lane };
}
export const consumerName = (at: Place): string => place(at).replaceAll(".", "-");

export const resultSubject = (job: string, number: number | "*"): string => `flexvar.result.${job}.${number}`;
/** Where a job's end is: what is kept there is the first that came. */
export const endSubject = (job: string): string => `flexvar.result.${job}.${END}`;
const END = "end";
export const isEnd = (subject: string): boolean => subject.endsWith(`.${END}`);
export const scaleSubject = (job: string): string => `flexvar.scale.${job}`;
export const cancelSubject = (job: string): string => `flexvar.cancel.${job}`;
export const deadSubject = (model: string): string => `flexvar.dead.${model}`;

/** Everything that a front end is told of its jobs. */
export const newsOf = (front: string) => ({
  results: `flexvar.result.${front}.>`,
  scales: `flexvar.scale.${front}.*`,
  begun: begunSubject(front),
});
/** How many tokens come before a job's in subjects. */
export const JOB_TOKEN = 2;

/** News of jobs of a front end that were begun. */
export const begunSubject = (front: string): string => `flexvar.begun.${front}`;
/** The front end that took a job. */
export const frontOf = (id: string): string => id.split("_")[0]!;

/** Who began a shard. */
export const begunKey = (set: string, number: number): string => `${set}.begun.${number}`;
/** What a worker has begun of jobs. */
export const notesKey = (worker: string): string => `begun.${worker}`;
