/** How often labelled pictures are given their own class. */
import { createRandom } from "../sampling/index.ts";
import { bootstrapInterval, wilsonInterval } from "./bootstrap.ts";
import { matchClasses } from "./class-names.ts";
import type { ClassRecord } from "./result.ts";
import { lacking, type Score } from "./scores.ts";

/** A side's classes, and what the network gave its pictures. */
export interface GivenClasses {
  readonly classes: readonly string[];
  labelOf(index: number): number;
  readonly given: Int32Array | undefined;
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
  let own: number[];
  try {
    own = matchClasses(classes, labels);
  } catch (error) {
    return (error as Error).message;
  }
  const K = labels.length;
  const confusion = new Uint32Array(K * K);
  given.forEach((taken, i) => {
    confusion[own[side.labelOf(i)]! * K + taken]!++;
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
  if (typeof count === "string") return lacking(count);
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
  if (typeof drawn === "string") return lacking(drawn);
  if (typeof reference === "string") return lacking(`of the reference: ${reference}`);
  const share = ({ correct, pictures }: ClassCount): number => correct / pictures;
  if (reference.correct === 0) return lacking("the reference's pictures are never given their own class");
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
