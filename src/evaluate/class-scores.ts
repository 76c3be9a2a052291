/** How often labelled pictures are given their own class. */
import { createRandom } from "../sampling/index.ts";
import { bootstrapInterval, wilsonInterval } from "./bootstrap.ts";
import { matchClasses } from "./class-names.ts";
import type { FeatureExtractor } from "./features.ts";
import type { ClassRecord, EvaluationResult } from "./result.ts";
import { missingScore, missingScores, type Score, type Scores } from "./scores.ts";
import { matchGroups, type TopClasses } from "./top-classes.ts";

/** A side's classes, and what the network gave its pictures. */
export interface GivenClasses {
  readonly classes: readonly string[];
  labelOf(index: number): number;
  readonly given: Int32Array | undefined;
  readonly top: TopClasses | undefined;
}

export interface ClassCount {
  readonly correct: number;
  readonly pictures: number;
  readonly classes: readonly ClassRecord[];
}

/** Counts by class; a reason where pictures have no classes that the network knows. */
export function countClasses(side: GivenClasses, labels: readonly string[] | undefined): ClassCount | string {
  const { classes, given } = side;
  if (labels === undefined) return "the features name no classes";
  if (given === undefined) return "there are statistics only, no pictures";
  if (classes.length < 2) return "the pictures have no labels";
  const own = ownClasses(classes, labels);
  if (typeof own === "string") return own;
  return countGiven(given, (i) => own[side.labelOf(i)]!, labels);
}

/** Counts of what pictures were given, by the class of the network that each of them has. */
export function countGiven(
  given: Int32Array,
  ownOf: (picture: number) => number,
  labels: readonly string[],
): ClassCount {
  const K = labels.length;
  const confusion = new Uint32Array(K * K);
  given.forEach((taken, i) => {
    confusion[ownOf(i) * K + taken]!++;
  });
  const records = labels.map((label, k): ClassRecord => {
    const row = confusion.subarray(k * K, (k + 1) * K);
    const others = row.map((n, other) => (other === k ? 0 : n));
    const most = others.reduce((best, n, other) => (n > others[best]! ? other : best), 0);
    const taken = others[most]! > 0 ? { label: labels[most]!, pictures: others[most]! } : null;
    return { label, pictures: row.reduce((a, b) => a + b, 0), correct: row[k]!, taken_for: taken };
  });
  const sum = (of: (record: ClassRecord) => number): number => records.reduce((n, record) => n + of(record), 0);
  return { correct: sum((r) => r.correct), pictures: sum((r) => r.pictures), classes: records };
}

/** The share, with Wilson's interval: a closed form that holds for shares near 0 and 1 too. */
export function accuracyScore(count: ClassCount | string): Score {
  if (typeof count === "string") return missingScore(count);
  const { correct, pictures } = count;
  return { value: correct / pictures, interval: wilsonInterval(correct, pictures) };
}

/** The pictures' share over the reference's, both resampled. */
export function ratioScore(
  drawn: ClassCount | string,
  reference: ClassCount | string,
  seed: number,
  replicates: number,
): Score {
  if (typeof drawn === "string") return missingScore(drawn);
  if (typeof reference === "string") return missingScore(`of the reference: ${reference}`);
  const share = ({ correct, pictures }: ClassCount): number => correct / pictures;
  if (reference.correct === 0) return missingScore("the reference's pictures are never given their own class");
  const value = share(drawn) / share(reference);
  const random = createRandom(seed, "bootstrap", "accuracy_ratio");
  const again = (count: ClassCount): number => {
    let hits = 0;
    for (let i = 0; i < count.pictures; i++) if (random.int(count.pictures) < count.correct) hits++;
    return hits / count.pictures;
  };
  const values = Float64Array.from({ length: replicates }, () => again(drawn) / Math.max(again(reference), 1e-12));
  return { value, interval: bootstrapInterval(value, values), replicates };
}

/**
 * How often a picture's class is among the five likeliest, and how often one of its groups is the likeliest and among the five likeliest.
 * Pictures whose class is in no group do not count among groups.
 */
export function topScores(
  side: GivenClasses,
  { labels, groups = [] }: Partial<Pick<FeatureExtractor, "labels" | "groups">> = {},
): Pick<Scores, (typeof TOP_METRICS)[number]> {
  const { classes, top, given } = side;
  if (labels === undefined) return missingScores(TOP_METRICS, "the features name no classes");
  if (top === undefined) return missingScores(TOP_METRICS, "there are statistics only, no pictures");
  if (given === undefined || classes.length < 2) return missingScores(TOP_METRICS, "the pictures have no labels");
  const pictures = given.length;
  const own = ownClasses(classes, labels);
  const top5_accuracy =
    typeof own === "string" ? missingScore(own) : shareAmong(top.classes, pictures, (i) => [own[side.labelOf(i)]!]);
  if (groups.length === 0 || top.groups === undefined)
    return { ...missingScores(TOP_METRICS, "the features have no groups of classes"), top5_accuracy };
  const ofClass = matchGroups(classes, labels, groups);
  const among = (places: number): Score => shareAmong(top.groups!, pictures, (i) => ofClass[side.labelOf(i)]!, places);
  return { top5_accuracy, group_accuracy: among(1), group_top5_accuracy: among(Number.POSITIVE_INFINITY) };
}

const TOP_METRICS = ["top5_accuracy", "group_accuracy", "group_top5_accuracy"] as const;

/** Numbers of a data set's classes, or why there are none. */
function ownClasses(classes: readonly string[], labels: readonly string[]): number[] | string {
  try {
    return matchClasses(classes, labels);
  } catch (error) {
    return (error as Error).message;
  }
}

/** Share of pictures that have one of their own among the first `places` of their row of [count, k]; those without any do not count. */
function shareAmong(
  rows: Int32Array,
  count: number,
  ownOf: (index: number) => readonly number[],
  places = Number.POSITIVE_INFINITY,
): Score {
  const width = rows.length / count;
  let [correct, counted] = [0, 0];
  for (let i = 0; i < count; i++) {
    const own = ownOf(i);
    if (own.length === 0) continue;
    counted++;
    if (rows.subarray(i * width, i * width + Math.min(width, places)).some((taken) => own.includes(taken))) correct++;
  }
  if (counted === 0) return missingScore("the pictures' classes are in none of the features' groups");
  return { value: correct / counted, interval: wilsonInterval(correct, counted) };
}

/** A count as a record of the reference. */
export const shareOf = ({ correct, pictures }: ClassCount) => ({
  value: correct / pictures,
  interval: wilsonInterval(correct, pictures),
  pictures,
});

/** Those of some shares that there are. */
export function knownShares(scores: Scores): NonNullable<EvaluationResult["reference_top"]> {
  return Object.fromEntries(
    Object.entries(scores).flatMap(([name, { value, interval }]) =>
      value === null || interval === undefined ? [] : [[name, { value, interval }]],
    ),
  );
}
