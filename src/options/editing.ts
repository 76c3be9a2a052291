/** The options of the image-to-image tasks beside those of sampling, decided as far as no model is needed. */
import type { z } from "zod";
import { OptionError } from "../errors/index.ts";
import { parsed, pick } from "./parse.ts";
import { EDITING_FIELDS, type EditingField, type Options, optionsSchema, rowOf } from "./table.ts";

const schema = optionsSchema(EDITING_FIELDS);

/** Editing options as users give them. */
export type EditingInput = z.input<typeof schema>;

/** Editing options decided; those without a default in the table are undefined where the task or the model decides. */
export type ResolvedEditing = {
  readonly [N in EditingField]:
    | z.output<Options[N]["schema"]>
    | (Options[N] extends { readonly default: unknown } ? never : undefined);
};

/** Validates editing options and fills in what does not depend on a model. @throws OptionError naming the first wrong one. */
export function resolveEditing(input: EditingInput): ResolvedEditing {
  const given = parsed(schema, input, EDITING_FIELDS);
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
