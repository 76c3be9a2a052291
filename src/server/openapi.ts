/** The OpenAPI 3.1 document, from the schemas that check requests. */
import { z } from "zod";
import type { RequestSchemas } from "./fields.ts";

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

const schemas = ({ generation, edit }: RequestSchemas) => ({
  Generation: z.toJSONSchema(generation, { io: "input", unrepresentable: "any" }),
  Edit: z.toJSONSchema(edit, { io: "input", unrepresentable: "any" }),
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

/** What every path may answer, and every path that asks for the token. */
const OPEN = {
  403: refusal("A page of an origin that is not allowed"),
  421: refusal("A Host header that is not the server's name"),
};
const GUARDED = { 401: refusal("No token, or another"), ...OPEN };

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
        ...GUARDED,
        404: refusal("Another model than the served one"),
        408: refusal("A body that came too slowly"),
        413: refusal("A body that is too large"),
        415: refusal("A body of another type"),
        429: refusal("The queue is full; Retry-After says when to come again"),
        500: refusal("A fault of the server"),
        501: refusal("The served model is a tokenizer alone and cannot draw"),
        503: refusal("The server stops"),
        504: refusal("The job took too long"),
      },
    },
  };
}

/** The document that `/openapi.json` serves: these schemas check the requests. */
export function openApiDocument(version: string, checks: RequestSchemas): object {
  const id = [{ name: "id", in: "path", required: true, schema: text }];
  const found = { description: "The job", content: json("Job") };
  const get = (summary: string, others: object) => ({
    get: { summary, responses: { 200: { description: summary }, ...others } },
  });
  const job = { 200: found, ...GUARDED, 404: refusal("No such job") };
  return {
    openapi: "3.1.0",
    info: { title: "flexvar", version, license: { name: "MIT", identifier: "MIT" } },
    paths: {
      "/v1/images/generations": draws("Generation", "Draws pictures of classes", false),
      "/v1/images/edits": draws("Edit", "Repaints, continues, expands or refines a picture", true),
      "/v1/jobs/{id}": {
        parameters: id,
        get: { summary: "How a job stands", responses: job },
        delete: { summary: "Cancels a job", responses: job },
      },
      "/v1/models": get("The served model", GUARDED),
      "/v1/models/{id}": { parameters: id, ...get("One model", { ...GUARDED, 404: refusal("No such model") }) },
      "/healthz": get("Whether the server lives", OPEN),
      "/metrics": get("Counts in Prometheus' text form", GUARDED),
      "/openapi.json": get("This document", OPEN),
    },
    components: { schemas: schemas(checks), securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    security: [{}, { token: [] }],
  };
}
