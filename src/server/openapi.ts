/** The OpenAPI 3.1 document, from the schemas that check requests. */
import type { RequestSchemas } from "./fields.ts";
import { componentSchemas, ref, text } from "./openapi-schemas.ts";

const json = (name: string) => ({ "application/json": { schema: ref(name) } });
const header = (description: string, type = "string") => ({ description, schema: { type } });
const retryAfter = { "Retry-After": header("Seconds after which to come again", "integer") };
const refusal = (description: string, headers?: object) => ({
  description,
  ...(headers === undefined ? {} : { headers }),
  content: json("Error"),
});

/** What every path may answer, and every path that asks for the token. */
const OPEN = {
  403: refusal("A page of an origin that is not allowed"),
  421: refusal("A Host header that is not the server's name"),
};
const GUARDED = { 401: refusal("No token, or another"), ...OPEN };

/** Types of the picture files that forms hold. */
const PICTURES = { contentType: "image/png, image/jpeg, image/webp, image/gif, image/tiff, image/avif" };
const formOf = (name: "Edit" | "Variation") => ({
  "multipart/form-data": {
    schema: ref(`${name}Form`),
    encoding: { image: PICTURES, ...(name === "Edit" && { mask: PICTURES }) },
  },
});

function draws(name: "Generation" | "Edit" | "Variation", operationId: string, summary: string) {
  const content = { ...json(name), ...(name === "Generation" ? {} : formOf(name)) };
  return {
    post: {
      operationId,
      summary,
      requestBody: { required: true, content },
      responses: {
        200: {
          description:
            "The pictures; with `stream` server-sent events, each with its type as its name, after `image_job.queued` while they wait",
          content: {
            ...json("Images"),
            "text/event-stream": { schema: ref(name === "Generation" ? "GenerationEvent" : "EditEvent") },
          },
        },
        202: {
          description: "With `async` a job to poll",
          headers: { Location: header("Where to poll"), ...retryAfter },
          content: json("Job"),
        },
        400: refusal("A field that cannot be honoured"),
        ...GUARDED,
        404: refusal("Another model than the served one"),
        408: refusal("A body that came too slowly"),
        413: refusal("A body that is too large"),
        415: refusal("A body of another type"),
        429: refusal("The queue is full", retryAfter),
        500: refusal("A fault of the server"),
        501: refusal("The served model is a tokenizer alone and cannot draw"),
        503: refusal("The server stops", retryAfter),
        504: refusal("The job took too long"),
      },
    },
  };
}

/** The document that `/openapi.json` serves: these schemas check the requests. */
export function openApiDocument(version: string, checks: RequestSchemas): object {
  const id = [{ name: "id", in: "path", required: true, schema: text }];
  const get = (operationId: string, summary: string, content: object, others: object) => ({
    get: { operationId, summary, responses: { 200: { description: summary, content }, ...others } },
  });
  const job = { 200: { description: "The job", content: json("Job") }, ...GUARDED, 404: refusal("No such job") };
  return {
    openapi: "3.1.0",
    info: {
      title: "flexvar",
      version,
      description: "Scale-wise image generation and editing, in the form of OpenAI's image calls.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "The server that this document comes from" }],
    paths: {
      "/v1/images/generations": draws("Generation", "createImage", "Draws pictures of classes"),
      "/v1/images/edits": draws("Edit", "editImage", "Repaints, continues, expands or refines a picture"),
      "/v1/images/variations": draws("Variation", "createVariation", "Draws a picture's fine scales anew"),
      "/v1/jobs": {
        get: {
          operationId: "listJobs",
          summary: "The caller's own jobs, newest first",
          parameters: [
            { name: "limit", in: "query", schema: { type: "integer", minimum: 1, maximum: 100, default: 20 } },
          ],
          responses: {
            200: { description: "Jobs that are open or kept", content: json("Jobs") },
            ...GUARDED,
            400: refusal("A limit out of range"),
            501: refusal("A server of a cluster keeps no list"),
          },
        },
      },
      "/v1/jobs/{id}": {
        parameters: id,
        get: { operationId: "getJob", summary: "How a job stands", responses: job },
        delete: { operationId: "cancelJob", summary: "Cancels a job", responses: job },
      },
      "/v1/models": get("listModels", "The served model", json("Models"), GUARDED),
      "/v1/models/{id}": {
        parameters: id,
        ...get("getModel", "One model", json("Model"), { ...GUARDED, 404: refusal("No such model") }),
      },
      "/healthz": get("getHealth", "Whether the server lives", json("Health"), OPEN),
      "/metrics": get("getMetrics", "Counts in Prometheus' text form", { "text/plain": { schema: text } }, GUARDED),
      "/openapi.json": get(
        "getDocument",
        "This document",
        { "application/json": { schema: { type: "object" } } },
        OPEN,
      ),
    },
    components: {
      schemas: componentSchemas(checks),
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
    security: [{}, { token: [] }],
  };
}
