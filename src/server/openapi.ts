/** The OpenAPI 3.1 document, from the schemas that check requests. */
import { z } from "zod";
import { editSchema, generationSchema } from "./fields.ts";

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (name: string) => ({ "application/json": { schema: ref(name) } });
const refusal = (description: string) => ({ description, content: json("Error") });
const text = { type: "string" };
const whole = { type: "integer" };

const picture = {
  b64_json: text,
  class_id: whole,
  class: { type: ["string", "null"] },
  index_within_class: whole,
  seed: whole,
};
const record = (properties: object) => ({ type: "object", properties, required: Object.keys(properties) });

const schemas = () => ({
  Generation: z.toJSONSchema(generationSchema, { io: "input", unrepresentable: "any" }),
  Edit: z.toJSONSchema(editSchema, { io: "input", unrepresentable: "any" }),
  Images: record({ created: whole, output_format: text, data: { type: "array", items: record(picture) } }),
  Job: record({
    id: text,
    object: text,
    status: { enum: ["queued", "running", "done", "failed", "cancelled"] },
    position: { type: ["integer", "null"] },
    pictures: record({ done: whole, total: whole }),
    poll_url: text,
    result: { anyOf: [ref("Images"), { type: "null" }] },
    error: { type: ["object", "null"] },
  }),
  Error: record({
    error: record({
      message: text,
      type: text,
      param: { type: ["string", "null"] },
      code: { type: ["string", "null"] },
    }),
  }),
});

function draws(name: "Generation" | "Edit", summary: string, forms: boolean) {
  const content = { ...json(name), ...(forms ? { "multipart/form-data": { schema: ref(name) } } : {}) };
  return {
    post: {
      summary,
      requestBody: { required: true, content },
      responses: {
        200: {
          description: "The pictures; streamed, after `image_job.queued` events while they wait",
          content: { ...json("Images"), "text/event-stream": { schema: text } },
        },
        202: { description: "A job to poll", content: json("Job") },
        400: refusal("A field that cannot be honoured"),
        401: refusal("No token, or another"),
        408: refusal("A body that came too slowly"),
        413: refusal("A body that is too large"),
        415: refusal("A body of another type"),
        429: refusal("The queue is full; Retry-After says when to come again"),
        503: refusal("The server stops"),
        504: refusal("The job took too long"),
      },
    },
  };
}

/** The document that `/openapi.json` serves. */
export function openApiDocument(version: string): object {
  const id = [{ name: "id", in: "path", required: true, schema: text }];
  const found = { description: "The job", content: json("Job") };
  const get = (summary: string) => ({ get: { summary, responses: { 200: { description: summary } } } });
  return {
    openapi: "3.1.0",
    info: { title: "flexvar", version, license: { name: "MIT", identifier: "MIT" } },
    paths: {
      "/v1/images/generations": draws("Generation", "Draws pictures of classes", false),
      "/v1/images/edits": draws("Edit", "Repaints, continues, expands or refines a picture", true),
      "/v1/jobs/{id}": {
        parameters: id,
        get: { summary: "How a job stands", responses: { 200: found, 404: refusal("No such job") } },
        delete: { summary: "Cancels a job", responses: { 200: found, 404: refusal("No such job") } },
      },
      "/v1/models": get("The served model"),
      "/v1/models/{id}": { parameters: id, ...get("One model") },
      "/healthz": get("Whether the server lives"),
      "/metrics": get("Counts in Prometheus' text form"),
      "/openapi.json": get("This document"),
    },
    components: { schemas: schemas(), securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    security: [{}, { token: [] }],
  };
}
