/** Fields of requests: the options' own schemas under their HTTP names, and those that only HTTP has. */

import { z } from "zod";
import { MASK_MODES } from "../editing/index.ts";
import { OptionError } from "../errors/index.ts";
import { MAX_IMAGE_SIDE, OUTPUT_FORMATS } from "../image/index.ts";
import {
  checked,
  EDIT_TASKS,
  EDITING_FIELDS,
  explain,
  type OptionName,
  type OptionRow,
  optional,
  options,
  rowOf,
  SAMPLING_FIELDS,
  shown,
  whole,
} from "../options/index.ts";
import { ApiError, invalid } from "./errors.ts";
import type { Limits } from "./limits.ts";

/** Only these values, which change nothing. */
const only = (values: readonly [string, ...string[]], why: string, description: string) =>
  z
    .enum(values, { error: `${values.join(" or ")} (${why})` })
    .optional()
    .meta({ description });

/**
 * Fields of OpenAI's image calls (the types of its SDK, version 6) that ask for what this server does not choose: a value is taken where
 * the pictures are what it asks for anyhow, and refused in words where it would change them. docs/serve.md shows them all.
 */
const openaiFields = {
  user: z.string().max(1000).optional().meta({ description: "Accepted for OpenAI's clients; changes nothing." }),
  quality: only(["auto", "standard"], "num_inference_steps chooses", "Changes nothing; num_inference_steps chooses."),
  background: only(
    ["auto", "opaque"],
    "pictures are drawn opaque",
    "Pictures are drawn opaque; an edit keeps what is transparent outside its mask, where opaque is refused.",
  ),
  moderation: only(["auto", "low"], "nothing is filtered", "Changes nothing: classes are all there is to ask for."),
  response_format: only(["b64_json"], "no addresses are made", "Pictures come in the reply."),
  output_format: z.enum(OUTPUT_FORMATS, { error: "png, jpeg or webp" }).optional().meta({
    description: "What the pictures' files are; png, the default, carries the settings.",
  }),
  output_compression: whole(0, 100)
    .optional()
    .meta({ description: "Quality of jpeg and webp; 100, the default, loses nothing in webp. Of png 100 alone." }),
};

const pixels = whole(0, MAX_IMAGE_SIDE);

/** The options of a task that a request may ask for, under their HTTP names. */
const fieldsOf = (names: readonly OptionName[]): Record<string, z.ZodOptional> =>
  Object.fromEntries(
    names.filter((name) => rowOf(name).served !== false).map((name) => [rowOf(name).http, optional(name)]),
  );

const shared = {
  ...fieldsOf(SAMPLING_FIELDS),
  size: z
    .union([z.literal("auto"), options.size.schema], {
      error: "auto or a size such as 256 or 512x256 (width x height, pixels)",
    })
    .optional()
    .meta(described("size")),
  prompt: z
    .string()
    .max(10_000)
    .optional()
    .meta({ description: "Class names between commas; `class_labels` says the same." }),
  model: z.string().max(200).optional().meta({ description: "Name of the served model." }),
  ...openaiFields,
  stream: z.boolean().optional().meta({ description: "Server-sent events, one a picture." }),
  partial_images: z
    .union([z.literal("all"), whole(0, 64)], { error: "all or a whole number from 0 to 64" })
    .optional()
    .meta({ description: "With stream: how many scales to show before the last, evenly chosen, or all." }),
  async: z.boolean().optional().meta({ description: "Answers 202 with a job to poll." }),
  first_index: whole(0, 1_000_000_000)
    .optional()
    .meta({ description: "Number of the first picture within each class; 0 by default." }),
};

function described(name: OptionName): Pick<OptionRow, "title" | "description"> {
  const { title, description } = rowOf(name);
  return { title, description };
}

const base64 = z.string({ error: "a picture in base64" });
const generation = z.strictObject({
  ...shared,
  large: z.enum(["plain", "windows"]).optional().meta({
    description:
      "Beyond twice the trained side: one sampling of the whole (plain, by default), or windows of the trained size over a coarse picture, which take less memory.",
  }),
});
const edit = z.strictObject({
  ...shared,
  input_fidelity: only(
    ["low", "high"],
    "what is kept is kept exactly",
    "Changes nothing: what is kept is kept exactly.",
  ),
  ...fieldsOf(EDITING_FIELDS),
  class_labels: z
    .union([z.enum(["auto", "none"]), options.classLabels.schema], {
      error: "auto, none or a list of class ids or names",
    })
    .optional()
    .meta({ description: "Class ids or names; auto (by default): the model's guess; none: no class." }),
  image: z
    .union([base64, z.array(base64).meta({ minItems: 1, maxItems: 1 })], { error: "a picture in base64" })
    .superRefine((given, { addIssue }) => {
      if (typeof given !== "string" && given.length !== 1)
        addIssue({ code: "custom", message: "one picture", params: { got: given.length } });
    })
    .meta({ description: "A picture file in base64, plain or as a data URL; a list holds one." }),
  mask: base64.optional().meta({ description: "A mask picture of the same size in base64, for inpaint." }),
  mask_mode: z.enum(MASK_MODES).optional(),
  task: z.enum(EDIT_TASKS).optional().meta({ description: "inpaint by default." }),
  left: pixels.optional(),
  right: pixels.optional(),
  top: pixels.optional(),
  bottom: pixels.optional(),
  ratio: z
    .union([z.string().max(40), z.number()], { error: "width to height such as 2:1" })
    .optional()
    .meta({ description: "Width to height, as 2:1: expand." }),
});

/** A whole picture drawn anew by its coarse scales. */
const variation = z.strictObject({
  ...shared,
  ...fieldsOf(["strength"]),
  class_labels: edit.shape.class_labels,
  image: edit.shape.image,
});

/** What checks the requests of a server with such limits. */
export function requestSchemas({ pictures }: Pick<Limits, "pictures">): {
  readonly generation: typeof generation;
  readonly edit: typeof edit;
  readonly variation: typeof variation;
} {
  const n = whole(1, pictures).optional().meta(described("count"));
  return { generation: generation.extend({ n }), edit: edit.extend({ n }), variation: variation.extend({ n }) };
}

export type RequestSchemas = ReturnType<typeof requestSchemas>;

export type Fields = Readonly<Record<string, unknown>>;

/** Checks that a body is an object of known fields with values in range; null counts as left out. @throws ApiError 400. */
export function checkFields(schema: RequestSchemas[keyof RequestSchemas], body: unknown): Fields {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new ApiError(400, `body: expected a JSON object, got ${shown(body)}`, { code: "invalid_body" });
  const present = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
  const result = checked(schema, present);
  // The values as they came: the library reads texts such as scales itself.
  if (result.success) return present;
  const issue = result.error.issues[0]!;
  if (issue.code === "unrecognized_keys" && issue.path.length === 0) {
    const known = Object.keys(schema.shape).join(", ");
    const name = issue.keys[0]!.slice(0, 80);
    throw new ApiError(400, `${name}: expected one of ${known}, got another`, {
      param: name,
      code: "unknown_parameter",
    });
  }
  const { parameter, expected, got } = explain(issue);
  throw invalid(parameter || "body", new OptionError(parameter, expected, got).words);
}
