/** The classes, and groups of classes, that a network thinks likeliest. */
import { nameFinder } from "../options/index.ts";
import { topOfRows } from "./class-names.ts";
import type { ClassGroup } from "./features.ts";

/** Classes that count as among the likeliest. */
const TOP = 5;

/** The likeliest five of every picture, likeliest first: [count, min(5, classes)], and the same of groups. */
export interface TopClasses {
  readonly classes: Int32Array;
  readonly groups: Int32Array | undefined;
}

/** From class scores [n, K] before softmax. A group is as likely as its members together. */
export function topClasses(logits: Float32Array, count: number, groups: readonly ClassGroup[] | undefined): TopClasses {
  const classes = topOfRows(logits, count, TOP);
  if (groups === undefined || groups.length === 0) return { classes, groups: undefined };
  const width = logits.length / count;
  const shares = new Float32Array(count * groups.length);
  for (let row = 0; row < count; row++) {
    const scores = logits.subarray(row * width, (row + 1) * width);
    const largest = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
    for (const [g, { members }] of groups.entries())
      for (const member of members) shares[row * groups.length + g]! += Math.exp(scores[member]! - largest);
  }
  return { classes, groups: topOfRows(shares, count, TOP) };
}

/** Batches' likeliest classes one after another. */
export function joinTops(parts: readonly TopClasses[]): TopClasses | undefined {
  if (parts.length === 0) return undefined;
  const joined = (rows: readonly Int32Array[]): Int32Array => Int32Array.from(rows.flatMap((row) => [...row]));
  const groups = parts.flatMap((part) => (part.groups === undefined ? [] : [part.groups]));
  return {
    classes: joined(parts.map(({ classes }) => classes)),
    groups: groups.length < parts.length ? undefined : joined(groups),
  };
}

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
