/** Numbers on their way into a result: each with its interval, or the reason why there is none. */
import type { Interval } from "./bootstrap.ts";
import { type MetricName, metricNames } from "./result.ts";

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
