/** What both trainers' config files share, and reading them with errors that name the valid keys. */

import { z } from "zod";
import { ExpectedError, FileError } from "../errors/index.ts";
import { readInput } from "../files/index.ts";
import { isRecord, parseJson } from "../json/index.ts";

export const count = z.int().min(1);
/** A share or a probability. */
export const share = z.number().min(0).max(1);
const rate = z.number().min(0);

/** Text for people at the head of a config file. */
export const aboutSchema = z.strictObject({
  /** The table or figure that the experiment aims at. */
  aim: z.string(),
  command: z.string(),
  expected: z.string(),
  time: z.string(),
});

export const optimizerSchema = z.strictObject({
  /** Highest learning rate. */
  peakLr: z.number().positive(),
  /** Steps of linear warm-up from `warmupStart`·peakLr. */
  warmupSteps: z.int().min(0),
  warmupStart: share.default(0.005),
  /** Share of all steps after the warm-up at the peak. */
  holdShare: share.default(0),
  /** Share of the peak that is left at the last step. */
  finalShare: share.default(0.1),
  shape: z.enum(["linear", "cosine", "constant"]).default("linear"),
  /** Steps of the whole run. */
  steps: count,
  beta1: share.default(0.9),
  beta2: share.default(0.95),
  epsilon: z.number().positive().default(1e-8),
  weightDecay: rate.default(0.05),
  /** Largest global gradient norm. */
  clip: z.number().positive().default(2),
  /** Decay of the parameters' moving average, which is what a run exports; 0 for none. */
  emaDecay: share.default(0.999),
});

/** The part of a config that says how parameters are updated. */
export type OptimizerSettings = z.infer<typeof optimizerSchema>;

/** What only the transformer's runs take. */
export const transformerOptimizerSchema = optimizerSchema.extend({
  /** Muon for the matrices of the blocks instead of AdamW, at the same rate and decay. */
  muon: z.strictObject({ momentum: share.default(0.95), iterations: z.int().min(1).max(10).default(5) }).optional(),
  /** Factor on the learning rate of the class table, whose rows few pictures of a batch touch. */
  tableRate: z.number().positive().default(1),
});

export const runSchema = z.strictObject({
  logEvery: count.default(20),
  checkpointEvery: count.default(500),
  evaluateEvery: count.default(1000),
  keepLast: count.default(2),
  /** The run stops when the mean loss of recent steps is more than so many times the least it has been. */
  divergence: z.number().min(1).default(5),
  /** Held-out pictures that an evaluation looks at, at most. */
  evaluatePictures: count.default(96),
  /** Pictures on a sample sheet; 0 for no sheets. */
  sheetPictures: z.int().min(0).default(12),
});

export const augmentSchema = z.strictObject({
  crop: z.tuple([share, share]).default([1, 1]),
  flip: share.default(0.5),
  scale: z.tuple([z.number().positive(), z.number().positive()]).default([1, 1]),
  shift: share.default(0),
  surround: z.union([z.literal("edge"), z.tuple([z.number(), z.number(), z.number()])]).default("edge"),
});

/**
 * Checks a config. With `quick`, the values under the file's `quick` key replace the others: a small form of the same
 * experiment, for tests.
 * @throws Error `where: key: expected …`; for an unknown key it lists the valid ones.
 */
export function parseConfig<T extends z.ZodType>(schema: T, value: unknown, where: string, quick = false): z.infer<T> {
  if (!isRecord(value)) throw new FileError(where, "a JSON object", Array.isArray(value) ? "a list" : typeof value);
  const { quick: overrides, ...full } = value;
  if (overrides !== undefined && !isRecord(overrides))
    throw new FileError(where, "a JSON object", JSON.stringify(overrides), { where: "quick" });
  // The form that is not asked for is checked too: a config is right as a whole.
  const [asked, other] = quick ? [merge(full, overrides ?? {}), full] : [full, merge(full, overrides ?? {})];
  const config = checked(schema, asked, where);
  checked(schema, other, quick ? where : `${where}: quick`);
  return config;
}

function checked<T extends z.ZodType>(schema: T, value: unknown, where: string): z.infer<T> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  throw new ExpectedError(`${where}: ${read.error.issues.map((issue) => problem(issue, schema)).join("; ")}`, {
    cause: read.error,
  });
}

/** Reads and checks a config file. */
export async function readConfig<T extends z.ZodType>(schema: T, path: string, quick = false): Promise<z.infer<T>> {
  return parseConfig(schema, parseJson(await readInput(path, "config"), path), path, quick);
}

function problem(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  const at = issue.path.join(".");
  if (issue.code !== "unrecognized_keys") return `${at || "the file"}: ${issue.message}`;
  const valid = keysAt(schema, issue.path);
  const inside = at === "" ? "" : ` in ${at}`;
  return `unknown key ${issue.keys.map((key) => `"${key}"`).join(", ")}${inside}: expected one of ${valid.join(", ")}`;
}

/** Keys of the object schema at a path. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  if (schema instanceof z.ZodDiscriminatedUnion)
    return [...new Set(schema.options.flatMap((option) => keysAt(option as z.ZodType, path)))];
  let at: unknown = schema;
  for (const key of path) {
    at = unwrap(at);
    if (at instanceof z.ZodObject) at = at.shape[String(key)];
  }
  at = unwrap(at);
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function unwrap(schema: unknown): unknown {
  let at = schema;
  while (at instanceof z.ZodDefault || at instanceof z.ZodOptional || at instanceof z.ZodPrefault) at = at.unwrap();
  return at;
}

function merge(full: Record<string, unknown>, overrides: Record<string, unknown>): Record<string, unknown> {
  const out = { ...full };
  for (const [key, value] of Object.entries(overrides)) {
    const before = out[key];
    out[key] = isRecord(before) && isRecord(value) ? merge(before, value) : value;
  }
  return out;
}
