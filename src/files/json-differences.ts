/** What differs between two JSON values, value by value. */

export interface JsonDifference {
  /** Path of keys with dots between; empty for the whole. */
  readonly key: string;
  readonly before: unknown;
  readonly now: unknown;
}

/** Objects are compared key by key, everything else as a whole. */
export function jsonDifferences(before: unknown, now: unknown, key = ""): readonly JsonDifference[] {
  if (isObject(before) && isObject(now)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
    return [...keys].flatMap((name) => jsonDifferences(before[name], now[name], key === "" ? name : `${key}.${name}`));
  }
  return jsonText(before) === jsonText(now) ? [] : [{ key, before, now }];
}

/** A value in a message; `none` where there is none. */
export const jsonText = (value: unknown): string => (value === undefined ? "none" : JSON.stringify(value));

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
