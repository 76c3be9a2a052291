/** The OpenAPI document in the hands of others' tools: a linter, and a generator of typed clients. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requestSchemas } from "../src/server/fields.ts";
import { openApiDocument } from "../src/server/openapi.ts";
import { projectRoot } from "./support/imports.ts";

const PATIENCE = 240_000;
const document = JSON.stringify(openApiDocument("1.2.3", requestSchemas({ pictures: 8 })));

/** A page's code on top of the generated types: every way to send and what comes back. */
const CONSUMER = `
import type { components, operations, paths } from "./api.ts";

type Schemas = components["schemas"];
const asked: Schemas["Generation"] = { prompt: "heart", n: 2, size: "64x64", seed: 7, scales: [1, [2, 3]] };
const edit: Schemas["Edit"] = { image: "AAAA", task: "outpaint", left: 8, class_labels: "auto" };
const form: operations["editImage"]["requestBody"]["content"]["multipart/form-data"] = { image: new Blob([]), mask: new Blob([]) };
// @ts-expect-error a quality that is not made
const wrong: Schemas["Generation"] = { quality: "hd" };
// @ts-expect-error an edit needs its picture
const without: Schemas["Edit"] = {};

type Reply = operations["createImage"]["responses"][200]["content"];
export function shown(event: Reply["text/event-stream"]): string {
  if ("error" in event) return event.error.message;
  switch (event.type) {
    case "image_job.queued":
      return String(event.position);
    case "image_generation.partial_image":
      return \`\${event.partial_image_index} of \${event.scales}: \${event.b64_json}\`;
    case "image_generation.completed":
      return \`\${event.usage.output_tokens} \${event.size}\`;
    default:
      return event satisfies never;
  }
}
export const pictures = (reply: Reply["application/json"]): string[] => reply.data.map(({ b64_json }) => b64_json);
export const wait = (refusal: operations["createImage"]["responses"][429]): number | undefined => refusal.headers["Retry-After"];
export const labels = (model: paths["/v1/models"]["get"]["responses"][200]["content"]["application/json"]): string[] =>
  model.data.flatMap((one) => one.labels);
export const sent = [asked, edit, form, wrong, without];
`;

describe("the OpenAPI document", { timeout: PATIENCE }, () => {
  let folder: string;

  beforeAll(async () => {
    const cache = join(projectRoot, ".cache");
    await mkdir(cache, { recursive: true });
    folder = await mkdtemp(join(cache, "openapi-"));
    await writeFile(join(folder, "openapi.json"), document);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("passes Redocly's recommended rules without an error", async () => {
    const lint = join(projectRoot, "node_modules", "@redocly", "cli", "bin", "cli.js");
    const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
    const args = [lint, "lint", "openapi.json", "--extends=recommended", "--format=json"];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env }).catch((error) => error);
    const { problems } = JSON.parse(stdout) as { problems: { ruleId: string; severity: string; message: string }[] };
    expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(problems.map(({ ruleId }) => ruleId)).toEqual([]);
  });

  test("becomes a typed client that compiles, streams and uploads included", async () => {
    const blob = ts.factory.createTypeReferenceNode("Blob");
    const nodes = await openapiTS(document, {
      transform: (schema) => (schema.format === "binary" ? blob : undefined),
    });
    await writeFile(join(folder, "api.ts"), astToString(nodes));
    const file = join(folder, "consumer.ts");
    await writeFile(file, CONSUMER);
    const program = ts.createProgram([file], {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      skipLibCheck: false,
      allowImportingTsExtensions: true,
      target: ts.ScriptTarget.ES2022,
      lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
      types: [],
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
    });
    const problems = ts.getPreEmitDiagnostics(program);
    expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
  });
});
