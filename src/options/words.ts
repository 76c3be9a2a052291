/** A validator's issues: messages say what was expected; what was got is the issue's input, or its parameter `got`. */
import type { z } from "zod";

/** Longest that a value is shown, and what was expected and what was got together. */
const LONGEST_VALUE = 80;
const LONGEST_BOTH = 285;

const clipped = (text: string, longest: number): string =>
  text.length > longest ? `${text.slice(0, longest - 1)}…` : text;

/** A value as an error shows it. */
export function shown(input: unknown): string {
  if (input === undefined) return "nothing";
  // Of a long text no more than can be shown.
  const part = typeof input === "string" ? input.slice(0, LONGEST_VALUE) : input;
  return clipped(JSON.stringify(part) ?? String(part), LONGEST_VALUE);
}

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

/** What every issue expected whose schema does not say so itself. */
function expectedBy(issue: z.core.$ZodRawIssue): string {
  const amount = (bound: number | bigint): string => {
    const unit = typeof issue.input === "string" ? "character" : Array.isArray(issue.input) ? "entry" : "";
    if (unit === "" || Number(bound) === 1) return `${bound} ${unit}`.trimEnd();
    return `${bound} ${unit === "entry" ? "entries" : `${unit}s`}`;
  };
  switch (issue.code) {
    case "invalid_type":
      return TYPES[issue.expected] ?? "another value";
    case "invalid_value":
      return `${issue.values.length > 1 ? "one of " : ""}${issue.values.join(", ")}`;
    case "too_small":
      return `at least ${amount(issue.minimum)}`;
    case "too_big":
      return `at most ${amount(issue.maximum)}`;
    default:
      return "another value";
  }
}

/** Checks a value by a schema. */
export const checked = <T extends z.ZodType>(schema: T, input: unknown): z.ZodSafeParseResult<z.output<T>> =>
  schema.safeParse(input, { error: expectedBy, reportInput: true });

/** Issues that say that another kind of value was expected, rather than another value of this kind. */
const OTHER_KIND: readonly string[] = ["invalid_type", "invalid_value", "invalid_union"];

/** Where an issue is (keys between dots; empty for the whole), what was expected there and what was got. */
export interface Explained {
  readonly parameter: string;
  readonly expected: string;
  readonly got: string;
}

/** An issue of {@link checked} explained; of a union's issues the one that got furthest: a wrong value beats a wrong type. */
export function explain(issue: z.core.$ZodIssue): Explained {
  const found = furthest(issue);
  const expected = clipped(found.message, LONGEST_BOTH - 1);
  return { parameter: found.path.join("."), expected, got: clipped(gotBy(found), LONGEST_BOTH - expected.length) };
}

/** What came: a parameter of the issue, a length where that was wrong and the schema says nothing itself, else the input. */
function gotBy(issue: z.core.$ZodIssue): string {
  const { code, input, message } = issue;
  if (code === "custom" && issue.params?.got !== undefined) return String(issue.params.got);
  const isLength = (code === "too_small" || code === "too_big") && (typeof input === "string" || Array.isArray(input));
  return isLength && message === expectedBy({ ...issue, input }) ? String(input.length) : shown(input);
}

function furthest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union") return issue;
  const inner = issue.errors.flat().map(furthest);
  const best = inner.find(({ code }) => !OTHER_KIND.includes(code));
  return best === undefined ? issue : { ...best, path: [...issue.path, ...best.path] };
}
