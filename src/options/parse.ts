/** Options as users give them, checked against the table. */
import type { z } from "zod";
import { OptionError } from "../errors/index.ts";
import { EDITING_FIELDS, type EditingField, type Options, optionsSchema, rowOf, SAMPLING_FIELDS } from "./table.ts";
import { checked, explain } from "./words.ts";

/** Every sampling option, each optional; unknown keys are refused. */
export const samplingSchema = optionsSchema(SAMPLING_FIELDS).refine(
  (options) => options.steps === undefined || options.scales === undefined,
  { path: ["steps"], error: "either steps or scales", params: { got: "both" } },
);

/** Options as users give them. */
export type SamplingInput = z.input<typeof samplingSchema>;
/** Options after validation: texts read, sizes as [width, height], scales as grids. */
export type SamplingOptions = z.output<typeof samplingSchema>;

/** Validates options. @throws OptionError naming the first wrong one. */
export function parseSampling(input: unknown): SamplingOptions {
  return parsed(samplingSchema, input);
}

/** Validates by a schema; `known` names the keys that an unknown one is answered with. @throws OptionError in words. */
export function parsed<T extends z.ZodType>(
  schema: T,
  input: unknown,
  known: readonly string[] = SAMPLING_FIELDS,
): z.output<T> {
  const result = checked(schema, input);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  if (issue.code === "unrecognized_keys" && issue.path.length === 0) {
    throw new OptionError(issue.keys[0]!, `one of ${known.join(", ")}`);
  }
  const { parameter, expected, got } = explain(issue);
  throw new OptionError(parameter || "options", expected, got, { cause: result.error });
}

/** The entries that have a value. */
export const present = <T extends object>(given: T): { [K in keyof T]: Exclude<T[K], null | undefined> } =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== undefined)) as never;

/** Some options among others, where they have a value. */
export function pick<N extends string, T extends { readonly [K in N]?: unknown }>(
  names: readonly N[],
  from: T,
): { [K in N]?: Exclude<T[K], undefined> } {
  return present(Object.fromEntries(names.map((name) => [name, from[name]]))) as never;
}

const editingSchema = optionsSchema(EDITING_FIELDS);

/** Editing options as users give them. */
export type EditingInput = z.input<typeof editingSchema>;

/** Editing options decided; those without a default in the table are undefined where the task or the model decides. */
export type ResolvedEditing = {
  readonly [N in EditingField]:
    | z.output<Options[N]["schema"]>
    | (Options[N] extends { readonly default: unknown } ? never : undefined);
};

/** Validates editing options and fills in what does not depend on a model. @throws OptionError naming the first wrong one. */
export function resolveEditing(input: EditingInput): ResolvedEditing {
  const given = parsed(editingSchema, input, EDITING_FIELDS);
  const { window, padding } = given;
  if (window !== undefined && padding !== undefined && 2 * padding >= window)
    throw new OptionError("padding", `less than half the window of ${window}`, padding);
  return Object.fromEntries(
    EDITING_FIELDS.map((name) => [name, given[name] ?? rowOf(name).default]),
  ) as ResolvedEditing;
}

/** The editing options among others. */
export const pickEditing = (from: Readonly<Record<string, unknown>>): EditingInput =>
  pick(EDITING_FIELDS, from as EditingInput) as EditingInput;
