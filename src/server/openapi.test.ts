import { expect, test } from "vitest";
import { requestSchemas } from "./fields.ts";
import { openApiDocument } from "./openapi.ts";

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, object> }>>;
  components: { schemas: Record<"Generation" | "Edit", { properties: Record<string, object> }> };
}
const document = openApiDocument("1", requestSchemas({ pictures: 8 })) as Document;

/** The forms of a number for every scale. */
const byScale = (one: object) => [
  one,
  { type: "array", items: one },
  { type: "object", properties: { from: one, to: one }, required: ["from", "to"] },
  { type: "string" },
];

test("numbers have their true type and range", () => {
  const { properties } = document.components.schemas.Edit;
  expect(properties).toMatchObject({
    n: { type: "integer", minimum: 1, maximum: 8, title: "Count" },
    seed: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER, title: "Seed" },
    num_inference_steps: { type: "integer", minimum: 1, maximum: 64 },
    top_k: { anyOf: byScale({ type: "integer", minimum: 0 }) },
    top_p: { anyOf: byScale({ type: "number", minimum: 0, maximum: 1 }) },
    temperature: { anyOf: byScale({ type: "number", exclusiveMinimum: 0, maximum: 100 }) },
    max_grid: { type: "integer", minimum: 1, maximum: 1024 },
    forbid: { items: { type: "integer", minimum: 0 } },
    first_index: { type: "integer", minimum: 0, maximum: 1_000_000_000 },
    partial_images: { anyOf: [{ const: "all" }, { type: "integer", minimum: 0, maximum: 64 }] },
    left: { type: "integer", minimum: 0, maximum: 16384 },
    window: { type: "integer", minimum: 1, maximum: 4096 },
  });
  expect(document.components.schemas.Generation.properties.n).toEqual(properties.n);
});

test("replies of the guards and of names that are not there are listed", () => {
  const { paths } = document;
  for (const path of ["/v1/images/generations", "/v1/images/edits"])
    expect(Object.keys(paths[path]!.post!.responses)).toEqual(expect.arrayContaining(["401", "403", "404", "421"]));
  expect(Object.keys(paths["/v1/models/{id}"]!.get!.responses)).toEqual(["200", "401", "403", "404", "421"]);
  expect(Object.keys(paths["/v1/jobs/{id}"]!.delete!.responses)).toEqual(["200", "401", "403", "404", "421"]);
  expect(Object.keys(paths["/healthz"]!.get!.responses)).toEqual(["200", "403", "421"]);
});
