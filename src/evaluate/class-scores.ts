/** How often labelled pictures are given their own class. */
import { ExpectedError } from "../errors/index.ts";
import { concatArrays } from "../files/index.ts";
import { nameFinder } from "../options/index.ts";
import { createRandom } from "../sampling/index.ts";
import { bootstrapInterval, wilsonInterval } from "./bootstrap.ts";
import type { ClassGroup, FeatureExtractor } from "./features.ts";
import type { ClassRecord, EvaluationResult } from "./result.ts";
import { missingScore, missingScores, type Score, type Scores } from "./result.ts";

/**
 * The network's class number of each of a data set's classes: all matched by name, as typed names are; where the data set's
 * names are mere numbers and the network's are none of them, all by number.
 * @throws Error naming a class that the network does not know, or that it knows more than once
 */
export function matchClasses(names: readonly string[], labels: readonly string[]): number[] {
  const find = nameFinder(labels);
  const found = names.map(find);
  const byNumber = found.every((places) => places.length === 0) && names.every((name) => /^\d{1,6}$/.test(name));
  return names.map((name, i) => {
    const places = byNumber && Number(name) < labels.length ? [Number(name)] : found[i]!;
    if (places.length === 1) return places[0]!;
    if (places.length > 1)
      throw new ExpectedError(`judge: expected one class "${name}", got ${places.join(" and ")} of its own`);
    throw new ExpectedError(`judge: expected classes that it was trained on (${shownNames(labels)}), got "${name}"`);
  });
}

/** At most a dozen names. */
const shownNames = (names: readonly string[]): string =>
  names.length > 12 ? `${names.slice(0, 12).join(", ")} and ${names.length - 12} more` : names.join(", ");

/** The column of each row's largest value; the first on ties. */
export const largestOfRows = (values: Float32Array, rows: number): Int32Array => topOfRows(values, rows, 1);

/** Columns of each row's `most` largest values, the largest first, [rows, most]; the first on ties. `most` is at most the width. */
export function topOfRows(values: Float32Array, rows: number, most: number): Int32Array {
  const width = values.length / rows;
  const count = Math.min(most, width);
  const out = new Int32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    const scores = values.subarray(row * width, (row + 1) * width);
    let filled = 0;
    for (let column = 0; column < width; column++) {
      let at = filled;
      while (at > 0 && scores[column]! > scores[out[row * count + at - 1]!]!) at--;
      if (at >= count) continue;
      filled = Math.min(filled + 1, count);
      out.copyWithin(row * count + at + 1, row * count + at, row * count + filled - 1);
      out[row * count + at] = column;
    }
  }
  return out;
}

/** Classes that count as among the likeliest. */
const TOP = 5;

/** The likeliest five of every picture, likeliest first: [count, min(5, classes)], and the same of groups. */
export interface TopClasses {
  readonly count: number;
  readonly classes: Int32Array;
  readonly groups: Int32Array | undefined;
}

/** From class scores [n, K] before softmax. A group is as likely as its members together. */
export function topClasses(logits: Float32Array, count: number, groups: readonly ClassGroup[] | undefined): TopClasses {
  const classes = topOfRows(logits, count, TOP);
  if (groups === undefined || groups.length === 0) return { count, classes, groups: undefined };
  const width = logits.length / count;
  const shares = new Float32Array(count * groups.length);
  for (let row = 0; row < count; row++) {
    const scores = logits.subarray(row * width, (row + 1) * width);
    const largest = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
    for (const [g, { members }] of groups.entries())
      for (const member of members) shares[row * groups.length + g]! += Math.exp(scores[member]! - largest);
  }
  return { count, classes, groups: topOfRows(shares, count, TOP) };
}

/** Batches' likeliest classes one after another; undefined for none. */
export function joinTops(parts: readonly TopClasses[]): TopClasses | undefined {
  if (parts.length === 0) return undefined;
  const groups = parts.flatMap((part) => part.groups ?? []);
  return {
    count: parts.reduce((sum, part) => sum + part.count, 0),
    classes: concatArrays(
      Int32Array,
      parts.map(({ classes }) => classes),
    ),
    groups: groups.length < parts.length ? undefined : concatArrays(Int32Array, groups),
  };
}

/** The likeliest class of each picture. */
export const givenClasses = ({ count, classes }: TopClasses): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => classes[(i * classes.length) / count]!);

/**
 * The groups of each of a data set's classes: those that have it as a member, and the one that has its name; none for a class that is
 * neither. A class and a group may share a name.
 */
export function matchGroups(
  names: readonly string[],
  labels: readonly string[],
  groups: readonly ClassGroup[],
): number[][] {
  const [findClass, findGroup] = [nameFinder(labels), nameFinder(groups.map(({ name }) => name))];
  const numbered = names.every((name) => /^\d{1,6}$/.test(name) && findClass(name).length === 0);
  return names.map((name) => {
    const own = numbered ? [Number(name)] : findClass(name);
    const having = groups.flatMap(({ members }, g) => (own.some((one) => members.includes(one)) ? [g] : []));
    return [...new Set([...having, ...(numbered ? [] : findGroup(name))])];
  });
}

/** A side's classes, and what the network gave its pictures. */
export interface GivenClasses {
  readonly classes: readonly string[];
  labelOf(index: number): number;
  readonly top: TopClasses | undefined;
}

export interface ClassCount {
  readonly correct: number;
  readonly pictures: number;
  readonly classes: readonly ClassRecord[];
}

/** The network's class of each of a side's classes, or why there is none. */
function ownClasses({ classes, top }: GivenClasses, labels: readonly string[] | undefined): number[] | string {
  if (labels === undefined) return "the features name no classes";
  if (top === undefined) return "there are statistics only, no pictures";
  if (classes.length < 2) return "the pictures have no labels";
  try {
    return matchClasses(classes, labels);
  } catch (error) {
    return (error as Error).message;
  }
}

/** Counts by class; a reason where pictures have no classes that the network knows. */
export function countClasses(side: GivenClasses, labels: readonly string[] | undefined): ClassCount | string {
  const own = ownClasses(side, labels);
  return typeof own === "string" ? own : countGiven(side.top!, (i) => own[side.labelOf(i)]!, labels!);
}

/** Counts of what pictures were given, by the class of the network that each of them has. */
export function countGiven(top: TopClasses, ownOf: (picture: number) => number, labels: readonly string[]): ClassCount {
  const K = labels.length;
  const confusion = new Uint32Array(K * K);
  givenClasses(top).forEach((taken, i) => {
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

/** A share, with Wilson's interval: a closed form that holds for shares near 0 and 1 too. */
const shareOf = (correct: number, pictures: number) => ({
  value: correct / pictures,
  interval: wilsonInterval(correct, pictures),
});

export const accuracyScore = (count: ClassCount | string): Score =>
  typeof count === "string" ? missingScore(count) : shareOf(count.correct, count.pictures);

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
  const { classes, top } = side;
  const own = ownClasses(side, labels);
  if (labels === undefined || top === undefined || classes.length < 2) return missingScores(TOP_METRICS, own as string);
  const top5_accuracy =
    typeof own === "string" ? missingScore(own) : shareAmong(top.classes, top.count, (i) => [own[side.labelOf(i)]!]);
  if (groups.length === 0 || top.groups === undefined)
    return { ...missingScores(TOP_METRICS, "the features have no groups of classes"), top5_accuracy };
  const ofClass = matchGroups(classes, labels, groups);
  const among = (places: number): Score => shareAmong(top.groups!, top.count, (i) => ofClass[side.labelOf(i)]!, places);
  return { top5_accuracy, group_accuracy: among(1), group_top5_accuracy: among(Number.POSITIVE_INFINITY) };
}

const TOP_METRICS = ["top5_accuracy", "group_accuracy", "group_top5_accuracy"] as const;

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
  return shareOf(correct, counted);
}

/** A count as a record of the reference; null where there is none. */
export const accuracyRecord = (count: ClassCount | string): EvaluationResult["reference_accuracy"] =>
  typeof count === "string" ? null : { ...shareOf(count.correct, count.pictures), pictures: count.pictures };

/** Those of some shares that there are. */
export function knownShares(scores: Scores): NonNullable<EvaluationResult["reference_top"]> {
  return Object.fromEntries(
    Object.entries(scores).flatMap(([name, { value, interval }]) =>
      value === null || interval === undefined ? [] : [[name, { value, interval }]],
    ),
  );
}
