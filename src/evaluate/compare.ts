/** Whether one evaluation is better than another. */
import { ExpectedError } from "../errors/index.ts";
import type { Interval } from "./bootstrap.ts";
import { protocolConflicts } from "./protocol.ts";
import { type EvaluationResult, type MetricName, metricDirection, metricNames } from "./result.ts";

type Verdict = "better" | "worse" | "no difference shown" | "no interval" | "differs";

export interface MetricDifference {
  readonly metric: MetricName;
  readonly before: number;
  readonly after: number;
  readonly difference: number;
  /** 95 % interval of the difference. */
  readonly interval: Interval | null;
  readonly verdict: Verdict;
}

/**
 * Differences of the metrics that both results have. The interval of a difference combines the two intervals as MOVER does (Zou
 * and Donner, Statistics in Medicine 27, 2008), taking the sides as drawn apart.
 * @throws Error where protocols, references or counts differ: such numbers do not compare
 */
export function compareResults(before: EvaluationResult, after: EvaluationResult): MetricDifference[] {
  const reasons = protocolConflicts(before.protocol, after.protocol);
  if (before.reference.sha256 !== after.reference.sha256) reasons.push("another reference");
  if (before.reference.split !== after.reference.split)
    reasons.push(`the reference's side ${before.reference.split} and ${after.reference.split}`);
  // Distances of distributions fall with the number of pictures.
  if (before.pictures.count !== after.pictures.count)
    reasons.push(`${before.pictures.count} and ${after.pictures.count} pictures`);
  if (reasons.length > 0)
    throw new ExpectedError(
      `baseline: expected an evaluation made as this one, got differences: ${reasons.join("; ")}`,
    );
  return metricNames.flatMap((metric): MetricDifference[] => {
    // Documents of earlier versions lack the metrics that came later.
    const [x, y] = [before[metric] ?? null, after[metric] ?? null];
    if (x === null || y === null) return [];
    const interval = differenceInterval(x, before.intervals[metric], y, after.intervals[metric]);
    return [{ metric, before: x, after: y, difference: y - x, interval, verdict: verdictOf(metric, interval) }];
  });
}

function differenceInterval(x: number, ofX: Interval | null, y: number, ofY: Interval | null): Interval | null {
  if (ofX === null || ofY === null) return null;
  const difference = y - x;
  return [difference - Math.hypot(y - ofY[0], ofX[1] - x), difference + Math.hypot(ofY[1] - y, x - ofX[0])];
}

function verdictOf(metric: MetricName, interval: Interval | null): Verdict {
  if (interval === null) return "no interval";
  const [low, high] = interval;
  if (low <= 0 && high >= 0) return "no difference shown";
  const direction = metricDirection(metric);
  if (direction === "neither") return "differs";
  return high < 0 === (direction === "lower") ? "better" : "worse";
}

/** One sentence on all metrics: `better`, `worse`, `mixed` or `no difference shown`, with the metrics that say so. */
export function overallVerdict(differences: readonly MetricDifference[]): string {
  const named = (verdict: Verdict): string[] =>
    differences.filter((one) => one.verdict === verdict).map(({ metric }) => metric);
  const [better, worse] = [named("better"), named("worse")];
  if (better.length > 0 && worse.length > 0)
    return `mixed: better in ${better.join(", ")}; worse in ${worse.join(", ")}`;
  if (better.length > 0) return `better in ${better.join(", ")}`;
  if (worse.length > 0) return `worse in ${worse.join(", ")}`;
  return "no difference shown";
}
