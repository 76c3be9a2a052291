/** Labels as tables hold them: numbers of any type and size, texts, booleans, lists of one. */
import { comparedName } from "../options/index.ts";
import { type ClassOrder, sortedNames } from "./classes.ts";

/** A class by number, or by name. Numbers beyond 2⁵³ are bigint, all others number. */
export type Label = number | bigint | string;

/** Why a value cannot be a label. */
export interface Unusable {
  readonly reason: string;
}

/** Reads a table's value as a label. */
export function readLabel(value: unknown): Label | Unusable {
  switch (typeof value) {
    case "bigint":
      return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
    case "number":
      if (Number.isSafeInteger(value)) return value;
      return {
        reason: Number.isInteger(value) ? "numbers too large to be exact as labels" : "no whole numbers as labels",
      };
    case "boolean":
      return String(value);
    case "string":
      return value.trim() === "" ? { reason: "empty texts as labels" } : value.trim();
    case "undefined":
      return { reason: "no label" };
    default:
      return value === null ? { reason: "no label" } : readObject(value as object);
  }
}

function readObject(value: object): Label | Unusable {
  if (value instanceof Uint8Array) {
    try {
      return readLabel(new TextDecoder("utf-8", { fatal: true }).decode(value));
    } catch {
      return { reason: "bytes that are no text as labels" };
    }
  }
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const items = Array.from(value as ArrayLike<unknown>);
    if (items.length === 1) return readLabel(items[0]);
    return { reason: items.length === 0 ? "empty lists as labels" : "several labels" };
  }
  const fields = Object.entries(value);
  const own = fields.length === 1 ? fields[0] : fields.find(([name]) => name === "label");
  return own !== undefined && !(value instanceof Date)
    ? readLabel(own[1])
    : { reason: "values of another type as labels" };
}

/** Classes of labels, and each label's class. */
export interface Numbered {
  readonly classes: readonly string[];
  readonly numbers: Int32Array;
}

/** Numbers below this are classes of the same number, gaps included: what counts ImageNet's classes from 0 stays as it counts. */
const OWN_NUMBERS = 1000;

/**
 * Numbers the labels. Numbers from 0 to 999 are their own class numbers; where some are others, the distinct ones are counted
 * by size, whatever gaps lie between them. Then come names in their order. Names compare
 * in one Unicode form; the first form met is shown.
 */
export function numberLabels(labels: readonly Label[], order?: ClassOrder): Numbered {
  const values = new Set<number | bigint>();
  const names = new Map<string, string>();
  for (const label of labels) {
    if (typeof label !== "string") values.add(label);
    else if (!names.has(comparedName(label))) names.set(comparedName(label), label);
  }
  const distinct = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const isOwn = distinct.every((value) => value >= 0 && value < OWN_NUMBERS);
  const numbers = isOwn ? Array.from({ length: Number(distinct.at(-1) ?? -1) + 1 }, (_, i) => i) : distinct;
  const classes = [...numbers.map(String), ...sortedNames(names.values(), order)];
  const classOf = new Map<number | bigint | string, number>();
  for (const [i, value] of numbers.entries()) classOf.set(value, i);
  for (const [i, name] of classes.entries()) if (i >= numbers.length) classOf.set(comparedName(name), i);
  return {
    classes,
    numbers: Int32Array.from(labels, (label) => classOf.get(typeof label === "string" ? comparedName(label) : label)!),
  };
}
