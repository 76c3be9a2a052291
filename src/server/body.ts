/** Bodies of requests, read within limits of size and time. */
import { EDITING_FIELDS, editingInfo, SAMPLING_FIELDS, samplingInfo, valueFromText } from "../options/index.ts";
import { ApiError } from "./errors.ts";
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
      return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch {
      throw new ApiError(400, "body: expected JSON in UTF-8, got something else", { code: "invalid_json" });
    }
  }
  return fromForm(bytes, request.headers.get("content-type")!);
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

async function fromForm(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<Record<string, unknown>> {
  let form: FormData;
  try {
    form = await new Response(bytes, { headers: { "content-type": type } }).formData();
  } catch {
    throw new ApiError(400, "body: expected a multipart form, got something else", { code: "invalid_form" });
  }
  const out = new Map<string, unknown>();
  for (const [key, value] of form.entries()) {
    const name = key.replace(/\[\]$/, "");
    if (out.has(name))
      throw new ApiError(400, `${name.slice(0, 80)}: expected one value, got several`, {
        param: name,
        code: "invalid_value",
      });
    const isFile = name === "image" || name === "mask";
    if (typeof value !== "string" && !isFile)
      throw new ApiError(400, `${name.slice(0, 80)}: expected text, got a file`, {
        param: name,
        code: "invalid_value",
      });
    out.set(name, typeof value === "string" ? fromText(name, value) : await base64(value));
  }
  return Object.fromEntries(out);
}

const base64 = async (file: Blob): Promise<string> => Buffer.from(await file.arrayBuffer()).toString("base64");

const NUMBERS = new Set(["left", "right", "top", "bottom", "first_index"]);
const FLAGS = new Set(["stream", "async", "whole"]);

/** A form's text as JSON would have had it; what does not read as such stays text, which the schema refuses in words. */
function fromText(name: string, text: string): unknown {
  const sampling = SAMPLING_FIELDS.find((key) => samplingInfo[key].http === name);
  if (name === "class_labels" && (text === "auto" || text === "none")) return text;
  if (sampling !== undefined) {
    try {
      return valueFromText(sampling, text);
    } catch {
      return text;
    }
  }
  if (FLAGS.has(name)) return text === "true" ? true : text === "false" ? false : text;
  const isNumber =
    NUMBERS.has(name) ||
    EDITING_FIELDS.some((key) => editingInfo[key].http === name && editingInfo[key].text === "number");
  if ((isNumber || name === "partial_images") && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  return text;
}
