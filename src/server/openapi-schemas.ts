/** Schemas of the OpenAPI document: requests by the schemas that check them, replies and events by their types. */
import { z } from "zod";
import type { RequestSchemas } from "./fields.ts";

type Schema = Readonly<Record<string, unknown>>;

export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
export const text: Schema = { type: "string" };
const whole: Schema = { type: "integer" };
const anyText: Schema = { type: ["string", "null"] };
const record = (properties: object): Schema => ({ type: "object", properties, required: Object.keys(properties) });
const list = (items: Schema): Schema => ({ type: "array", items });
const named = (value: string): Schema => ({ type: "string", const: value });
const oneOf = (...values: string[]): Schema => ({ type: "string", enum: values });

const picture = { b64_json: text, class_id: whole, class: anyText, index_within_class: whole, seed: whole };
const form = { output_format: oneOf("png", "jpeg", "webp"), size: text, background: oneOf("opaque", "transparent") };
const event = (type: string, others: object): Schema =>
  record({
    type: named(type),
    created_at: whole,
    ...form,
    quality: named("auto"),
    index: whole,
    ...others,
    ...picture,
  });
const partial = (kind: string): Schema =>
  event(`${kind}.partial_image`, { partial_image_index: whole, scale: whole, scales: whole });
const completed = (kind: string): Schema => event(`${kind}.completed`, { usage: ref("Usage") });
const events = (kind: string): Schema => ({
  description: "The data of one event; the event `error` has an Error.",
  anyOf: [ref("Queued"), ref(`${kind}PartialImage`), ref(`${kind}Completed`), ref("Error")],
});
/** What only edits with a mask have. */
const maybeMask = (schema: Schema): Schema => ({
  ...schema,
  properties: { ...(schema.properties as object), mask_reading: text },
});

/** A picture's file in a form. */
const file: Schema = { type: "string", format: "binary", description: "A picture file, or the same in base64." };

function requests({ generation, edit, variation }: RequestSchemas): Readonly<Record<string, Schema>> {
  const json = (schema: z.ZodType): Schema => {
    const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
    return rest;
  };
  const inForm = (asked: Schema, files: object): Schema => ({
    ...asked,
    properties: { ...(asked.properties as object), ...files },
  });
  const [edits, variations] = [json(edit), json(variation)];
  return {
    Generation: json(generation),
    Edit: edits,
    EditForm: inForm(edits, { image: file, mask: file }),
    Variation: variations,
    VariationForm: inForm(variations, { image: file }),
  };
}

const summary = {
  id: text,
  object: named("image.job"),
  status: oneOf("queued", "running", "done", "failed", "cancelled"),
  position: { type: ["integer", "null"] },
  pictures: record({ done: whole, total: whole }),
  poll_url: text,
  created_at: whole,
  error: { anyOf: [ref("Fault"), { type: "null" }] },
};

/** What `components.schemas` holds. */
export const componentSchemas = (checks: RequestSchemas): Readonly<Record<string, Schema>> => ({
  ...requests(checks),
  Images: maybeMask(record({ created: whole, ...form, usage: ref("Usage"), data: list(ref("Picture")) })),
  Picture: record(picture),
  Usage: record({
    input_tokens: whole,
    input_tokens_details: record({ image_tokens: whole, text_tokens: whole }),
    output_tokens: whole,
    total_tokens: whole,
  }),
  GenerationPartialImage: partial("image_generation"),
  GenerationCompleted: completed("image_generation"),
  EditPartialImage: maybeMask(partial("image_edit")),
  EditCompleted: maybeMask(completed("image_edit")),
  Queued: record({ type: named("image_job.queued"), created_at: whole, position: whole }),
  GenerationEvent: events("Generation"),
  EditEvent: events("Edit"),
  Job: record({ ...summary, result: { anyOf: [ref("Images"), { type: "null" }] } }),
  JobSummary: record(summary),
  Jobs: record({ object: named("list"), data: list(ref("JobSummary")), has_more: { type: "boolean" } }),
  Model: record({
    id: text,
    object: named("model"),
    created: whole,
    owned_by: named("flexvar"),
    hash: text,
    num_classes: whole,
    labels: list(text),
    groups: { type: "object", additionalProperties: list(text) },
    styles: list(text),
    trained_size: whole,
  }),
  Models: record({ object: named("list"), data: list(ref("Model")) }),
  Health: {
    type: "object",
    description: "The model and the jobs that wait are for who may call.",
    properties: { status: named("ok"), model: text, waiting: whole },
    required: ["status"],
  },
  Fault: record({ message: text, type: text, param: anyText, code: anyText }),
  Error: record({ error: ref("Fault") }),
});
