/** Bodies of requests, read within limits of size and time. */
import { JsonError, parseJson } from "../json/index.ts";
import { ApiError } from "./errors.ts";
import { readForm } from "./form.ts";
import { followJson } from "./json-shape.ts";
import type { Limits } from "./limits.ts";
import { type BodyShare, bodyBlocks } from "./pieces.ts";

/** Reads a request's JSON or multipart form as one record; files become base64. @throws ApiError in words. */
export async function readBody(request: Request, limits: Limits, forms: boolean, share: BodyShare): Promise<unknown> {
  const whole = request.headers.get("content-type") ?? "";
  const type = whole.split(";", 1)[0]!.trim().toLowerCase();
  if (type !== "application/json" && !(forms && type === "multipart/form-data")) {
    const choices = forms ? "application/json or multipart/form-data" : "application/json";
    throw new ApiError(415, `content-type: expected ${choices}, got "${type.slice(0, 80)}"`, { code: "media_type" });
  }
  const blocks = bodyBlocks(request, limits, share);
  return type === "application/json" ? readJson(blocks, share) : readForm(blocks, whole);
}

async function readJson(blocks: AsyncIterable<Uint8Array>, { turn }: BodyShare): Promise<unknown> {
  const follow = followJson();
  const kept: Uint8Array[] = [];
  for await (const block of blocks) {
    follow(block);
    kept.push(block);
  }
  await turn();
  try {
    return parseJson(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(kept)), "body");
  } catch (error) {
    if (error instanceof JsonError) throw notJson(error);
    throw new ApiError(400, "body: expected JSON in UTF-8, got other bytes", { code: "invalid_json" });
  }
}

/** A fault within a field names the field. */
function notJson({ path, expected, got }: JsonError): ApiError {
  const param = path.slice(0, 8).join(".").slice(0, 80);
  return new ApiError(400, `${param || "body"}: expected ${expected}, got ${got}`, {
    ...(param === "" ? {} : { param }),
    code: "invalid_json",
  });
}
