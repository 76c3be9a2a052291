/** Bodies of requests, read within limits of size and time. */
import { JsonError, parseJson } from "../json/index.ts";
import { ApiError } from "./errors.ts";
import { readForm } from "./form.ts";
import type { Limits } from "./limits.ts";

/** Reads a request's JSON or multipart form as one record; files become base64. @throws ApiError in words. */
export async function readBody(request: Request, limits: Limits, forms: boolean): Promise<unknown> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  if (type !== "application/json" && !(forms && type === "multipart/form-data")) {
    const choices = forms ? "application/json or multipart/form-data" : "application/json";
    throw new ApiError(415, `content-type: expected ${choices}, got "${type.slice(0, 80)}"`, { code: "media_type" });
  }
  const bytes = await readBytes(request, limits);
  if (type === "application/json") {
    try {
      return parseJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes), "body");
    } catch (error) {
      if (error instanceof JsonError) throw notJson(error);
      throw new ApiError(400, "body: expected JSON in UTF-8, got other bytes", { code: "invalid_json" });
    }
  }
  return readForm(bytes, request.headers.get("content-type")!);
}

async function readBytes(request: Request, { bodyBytes, bodyMs }: Limits): Promise<Uint8Array<ArrayBuffer>> {
  const large = (): ApiError =>
    new ApiError(413, `body: expected at most ${bodyBytes} bytes, got more`, { code: "body_too_large" });
  if (Number(request.headers.get("content-length") ?? 0) > bodyBytes) throw large();
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array(0);
  const slow = new ApiError(408, `body: expected to arrive within ${bodyMs / 1000} s, got less`, { code: "slow_body" });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(slow), bodyMs);
  });
  const pieces: Uint8Array[] = [];
  let total = 0;
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late]);
      if (done) return new Uint8Array(Buffer.concat(pieces));
      total += value.length;
      if (total > bodyBytes) throw large();
      pieces.push(value);
    }
  } catch (error) {
    void reader.cancel().catch(() => undefined);
    if (error instanceof ApiError) throw error;
    throw new ApiError(400, "body: expected a whole body, got a broken one", { code: "invalid_body" });
  } finally {
    clearTimeout(timer);
  }
}

/** A fault within a field names the field. */
function notJson({ path, problem }: JsonError): ApiError {
  const param = path.slice(0, 8).join(".").slice(0, 80);
  return new ApiError(400, `${param || "body"}: ${problem}`, {
    ...(param === "" ? {} : { param }),
    code: "invalid_json",
  });
}
