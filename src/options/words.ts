/** A validator's issues in words. */
import type { z } from "zod";

/** Longest that a value is shown, and a whole message. */
const LONGEST_VALUE = 80;
const LONGEST_MESSAGE = 300;

const clipped = (text: string, longest: number): string =>
  text.length > longest ? `${text.slice(0, longest - 1)}…` : text;

/** A value as an error shows it. */
export function shown(input: unknown): string {
  if (input === undefined) return "nothing";
  // Of a long text no more than can be shown.
  const part = typeof input === "string" ? input.slice(0, LONGEST_VALUE) : input;
  return clipped(JSON.stringify(part) ?? String(part), LONGEST_VALUE);
}

/** A schema's `error` that says what was expected and what came. */
export const expected =
  (what: string) =>
  ({ input }: { readonly input?: unknown }): string =>
    `expected ${what}, got ${shown(input)}`;

/** What a type is called. */
const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object",
};

/** Words for every issue whose schema has none of its own: given to a validator as its `error`. */
export function issueWords(issue: z.core.$ZodRawIssue): string {
  const got = shown(issue.input);
  switch (issue.code) {
    case "invalid_type":
      return `expected ${TYPES[issue.expected] ?? "another value"}, got ${got}`;
    case "invalid_value":
      return `expected ${issue.values.length > 1 ? "one of " : ""}${issue.values.join(", ")}, got ${got}`;
    case "too_small":
      return `expected at least ${amount(issue.minimum, issue.input)}`;
    case "too_big":
      return `expected at most ${amount(issue.maximum, issue.input)}`;
    default:
      return `expected another value, got ${got}`;
  }
}

/** A bound, and what was given in the same measure. */
function amount(bound: number | bigint, input: unknown): string {
  const unit = (one: string, many: string): string => `${bound} ${Number(bound) === 1 ? one : many}`;
  if (typeof input === "string") return `${unit("character", "characters")}, got ${input.length}`;
  if (Array.isArray(input)) return `${unit("entry", "entries")}, got ${input.length}`;
  return `${bound}, got ${shown(input)}`;
}

/** Issues that say that another kind of value was expected, rather than another value of this kind. */
const OTHER_KIND: readonly string[] = ["invalid_type", "invalid_value", "invalid_union"];

/** Where an issue is (keys between dots; empty for the whole), what was expected there and what was got. */
export interface Explained {
  readonly parameter: string;
  readonly expected: string;
  readonly got: string | undefined;
}

/** An issue explained; of a union's issues the one that got furthest: a wrong value beats a wrong type. */
export function explain(issue: z.core.$ZodIssue): Explained {
  const { path, message } = furthest(issue);
  // Every schema here speaks through `expected` or `issueWords`.
  const [, expected = message, got] =
    /^expected ([\s\S]*?)(?:, got ([\s\S]*))?$/.exec(clipped(message, LONGEST_MESSAGE)) ?? [];
  return { parameter: path.join("."), expected, got };
}

function furthest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union") return issue;
  const inner = issue.errors.flat().map(furthest);
  const best = inner.find(({ code }) => !OTHER_KIND.includes(code));
  return best === undefined ? issue : { ...best, path: [...issue.path, ...best.path] };
}
