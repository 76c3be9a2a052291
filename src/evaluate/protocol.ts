/** How numbers were made, and whether two of them may be compared. */

import { z } from "zod";
import { FileError } from "../errors/index.ts";
import { parseJson } from "../json/index.ts";

const known = z.string().nullable().catch(null);
const protocolSchema = z.object({
  /** Name and SHA-256 of the network that pictures are compared by. */
  features: known,
  features_hash: known,
  /** How pictures reach the network's own size, where it has one. */
  resize: known,
  /** `WxH` in pixels as the network is given them. */
  size: known,
  /** What was done to pictures before: `as they are`, or how they were brought to one size. */
  preparation: known,
});

/** How numbers were made; null for what is not known or not used. */
export type Protocol = Readonly<z.infer<typeof protocolSchema>>;

export const unknownProtocol: Protocol = protocolSchema.parse({});

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
    throw new FileError(where, "numbers made as the others are", `other ${conflicts.join("; ")}`);
}

/** What two records that agree say together. */
export function mergedProtocol(a: Protocol, b: Protocol): Protocol {
  return Object.fromEntries(fields.map((field) => [field, a[field] ?? b[field]])) as Protocol;
}

/** The number of pictures is in the settings of `flexvar sample`. */
const recordSchema = protocolSchema.extend({ total: z.number().optional().catch(undefined) });

/** What a record's text says of how numbers or pictures were made; nothing where it is no JSON of an object. */
export function parseRecord(text: string): Protocol & { readonly total?: number | undefined } {
  try {
    return recordSchema.parse(parseJson(text, "record"));
  } catch {
    return unknownProtocol;
  }
}
