/** What an evaluation gives: one plain object, the document that `evaluate --json` prints. */
import type { Interval } from "./bootstrap.ts";
import type { Protocol } from "./protocol.ts";

/** What a number is about, and which way it is better; neither for those that describe. */
interface Metric {
  readonly of: "sets" | "classes" | "pairs";
  readonly better: "lower" | "higher" | "neither";
  /** Documents of earlier versions do not have it. */
  readonly isLater?: true;
}

/** All numbers, in the order of a table, under the names that the document has them by at its top level. */
const metrics = {
  fid: { of: "sets", better: "lower" },
  sfid: { of: "sets", better: "lower" },
  inception_score: { of: "sets", better: "higher" },
  precision: { of: "sets", better: "higher" },
  recall: { of: "sets", better: "higher" },
  kid: { of: "sets", better: "lower" },
  fid_shallow: { of: "sets", better: "lower", isLater: true },
  patch_fine: { of: "sets", better: "lower", isLater: true },
  patch_coarse: { of: "sets", better: "lower", isLater: true },
  class_accuracy: { of: "classes", better: "higher" },
  top5_accuracy: { of: "classes", better: "higher", isLater: true },
  group_accuracy: { of: "classes", better: "higher", isLater: true },
  group_top5_accuracy: { of: "classes", better: "higher", isLater: true },
  accuracy_ratio: { of: "classes", better: "higher" },
  rfid: { of: "pairs", better: "lower" },
  psnr: { of: "pairs", better: "higher" },
  ssim: { of: "pairs", better: "higher" },
  codebook_used: { of: "pairs", better: "neither" },
  codebook_perplexity: { of: "pairs", better: "neither" },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof metrics;
export type SetMetric = { [K in MetricName]: (typeof metrics)[K]["of"] extends "sets" ? K : never }[MetricName];

export const metricNames = Object.keys(metrics) as readonly MetricName[];

const metricsOf = (what: Metric["of"]): MetricName[] => metricNames.filter((name) => metrics[name].of === what);
/** Numbers that compare two sets of pictures, those of sets beside classes, and those of pictures beside reconstructions. */
export const setMetrics = metricsOf("sets") as readonly SetMetric[];
export const classMetrics = metricsOf("classes");
export const pairMetrics = metricsOf("pairs");

export const metricDirection = (name: MetricName): Metric["better"] => metrics[name].better;

/** One of the two sides. */
export type InputRecord = {
  /** As it was named. */
  readonly path: string;
  readonly kind: "pictures" | "statistics";
  /** SHA-256 of the file, or of a folder's names and contents. */
  readonly sha256: string;
  /** Which side of a data set with a split of its own; null where it has none. */
  readonly split: string | null;
  /** Pictures; null where a file of statistics does not say. */
  readonly count: number | null;
  readonly size: string | null;
  /** `recorded` where the input says how it was made, in a file beside it or within; else `unknown`. */
  readonly protocol: "recorded" | "unknown";
  /** The record's text, JSON where the sample command wrote it. */
  readonly record: string | null;
  /** Whether features came from the cache. */
  readonly cached: boolean;
};

/** How often pictures of one class were given it. */
export type ClassRecord = {
  readonly label: string;
  readonly pictures: number;
  readonly correct: number;
  /** Another class that they were given most often, and how often. */
  readonly taken_for: { readonly label: string; readonly pictures: number } | null;
};

export type EvaluationResult = { readonly [K in MetricName]: number | null } & {
  readonly version: 1;
  /** 95 % intervals; null where there is no number or no replicates were asked for. */
  readonly intervals: { readonly [K in MetricName]: Interval | null };
  /** Bootstrap replicates behind each interval; 0 where it has none, or a closed form. */
  readonly replicates: { readonly [K in MetricName]: number };
  /** Why a number is null. */
  readonly missing: { readonly [K in MetricName]?: string };
  readonly protocol: Protocol;
  readonly pictures: InputRecord;
  readonly reference: InputRecord;
  /** By class, where the pictures are labelled and the network names classes. */
  readonly classes: readonly ClassRecord[] | null;
  /** How often the reference's own pictures are given their class, where they are labelled. */
  readonly reference_accuracy?: {
    readonly value: number;
    readonly interval: Interval;
    readonly pictures: number;
  } | null;
  /** The same of the likeliest five and of groups, by the metric's name; those that there are. */
  readonly reference_top?: { readonly [metric: string]: { readonly value: number; readonly interval: Interval } };
  readonly seed: number;
  readonly versions: { readonly [name: string]: string };
  readonly warnings: readonly string[];
};

/** Whether a document read from a file is a result: its version, its numbers and what they are compared by. */
export function isEvaluationResult(value: unknown): value is EvaluationResult {
  if (typeof value !== "object" || value === null) return false;
  const given = new Map<string, unknown>(Object.entries(value));
  const isNumber = (name: MetricName): boolean => {
    const number = given.get(name);
    return number === null || typeof number === "number" || (number === undefined && "isLater" in metrics[name]);
  };
  const parts = ["intervals", "protocol", "pictures", "reference"];
  const isObject = (name: string): boolean => typeof given.get(name) === "object" && given.get(name) !== null;
  return given.get("version") === 1 && metricNames.every(isNumber) && parts.every(isObject);
}

/** A number on its way into a result, with its interval or the reason why there is none. */
export interface Score {
  readonly value: number | null;
  readonly interval?: Interval | undefined;
  /** Bootstrap replicates behind the interval. */
  readonly replicates?: number;
  /** Why there is no number. */
  readonly missing?: string;
}

export type Scores = { readonly [K in MetricName]?: Score };

export const missingScore = (missing: string): Score => ({ value: null, missing });

/** The same reason for several numbers. */
export const missingScores = <Name extends MetricName>(names: readonly Name[], missing: string): Record<Name, Score> =>
  Object.fromEntries(names.map((name) => [name, missingScore(missing)])) as Record<Name, Score>;

type Each<T> = { readonly [K in MetricName]: T };

/** Scores as the parts of a result; metrics that were not asked for are null. */
export function resultParts(scores: Scores): Each<number | null> & {
  readonly intervals: Each<Interval | null>;
  readonly replicates: Each<number>;
  readonly missing: { readonly [K in MetricName]?: string };
} {
  const scoreOf = (name: MetricName): Score => scores[name] ?? missingScore("not asked for");
  const each = <T>(of: (score: Score) => T): Each<T> =>
    Object.fromEntries(metricNames.map((name) => [name, of(scoreOf(name))])) as Each<T>;
  const reasons = metricNames.flatMap((name) => {
    const { value, missing } = scoreOf(name);
    return value === null ? [[name, missing ?? "not asked for"] as const] : [];
  });
  return {
    ...each(({ value }) => value),
    intervals: each(({ value, interval }) => (value === null ? null : (interval ?? null))),
    replicates: each(({ replicates = 0 }) => replicates),
    missing: Object.fromEntries(reasons),
  };
}

/** An interval within the values that a number can have. */
export function within(interval: Interval | undefined, low: number, high: number): Interval | undefined {
  return interval && [Math.max(low, interval[0]), Math.min(high, interval[1])];
}
