/** How numbers were made, and whether two of them may be compared. */
import { parseJson } from "../json/index.ts";
import type { Protocol } from "./result.ts";

export const unknownProtocol: Protocol = {
  features: null,
  features_hash: null,
  resize: null,
  size: null,
  preparation: null,
};

const fields = Object.keys(unknownProtocol) as (keyof Protocol)[];

/**
 * Why two protocols do not fit: a sentence for each field that both know and that differs. A field that one of them does not
 * know is no reason.
 */
export function protocolConflicts(a: Protocol, b: Protocol): string[] {
  return fields.flatMap((field) => {
    const [x, y] = [a[field], b[field]];
    return x !== null && y !== null && x !== y ? [`${field}: ${x} and ${y}`] : [];
  });
}

/** Throws where two protocols are both known and differ. */
export function checkProtocols(where: string, expected: Protocol, found: Protocol): void {
  const conflicts = protocolConflicts(expected, found);
  if (conflicts.length > 0)
    throw new Error(`${where}: expected numbers made as the others are, got other ${conflicts.join("; ")}`);
}

/** What two records that agree say together. */
export function mergedProtocol(a: Protocol, b: Protocol): Protocol {
  return Object.fromEntries(fields.map((field) => [field, a[field] ?? b[field]])) as Protocol;
}

/** The fields that a record's text has; undefined where it is no JSON of an object. */
export function parseProtocol(text: string): Protocol | undefined {
  let value: unknown;
  try {
    value = parseJson(text, "record");
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const given = new Map<string, unknown>(Object.entries(value));
  const known = fields.map((field) => {
    const found = given.get(field);
    return [field, typeof found === "string" ? found : null] as const;
  });
  return Object.fromEntries(known) as Protocol;
}
