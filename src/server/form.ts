/** Multipart forms as the record that JSON would have held. */
import { EDITING_FIELDS, editingInfo, SAMPLING_FIELDS, samplingInfo, valueFromText } from "../options/index.ts";
import { ApiError } from "./errors.ts";

/** Fields that are lists: a form may repeat them, one entry a value. */
const LISTS = new Set(["class_labels", "scales", "forbid"]);
const NUMBERS = new Set(["left", "right", "top", "bottom", "first_index"]);
const FLAGS = new Set(["stream", "async", "whole"]);

/** Reads a form; files become base64. @throws ApiError in words. */
export async function readForm(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<Record<string, unknown>> {
  let form: FormData;
  try {
    form = await new Response(bytes, { headers: { "content-type": type } }).formData();
  } catch {
    throw new ApiError(400, "body: expected a multipart form, got something else", { code: "invalid_form" });
  }
  const out = new Map<string, unknown>();
  const lists = new Map<string, string[]>();
  // `name[]` is one value of a list even where it comes once.
  const marked = new Set<string>();
  for (const [key, given] of form.entries()) {
    const value = typeof given === "string" ? given.replace(/^\ufeff/, "") : given;
    const name = key.replace(/\[\]$/, "");
    if (out.has(name)) throw refused(name, "expected one value, got several");
    const isFile = name === "image" || name === "mask";
    if (typeof value !== "string" && !isFile) throw refused(name, "expected text, got a file");
    if (typeof value !== "string") out.set(name, await base64(value));
    else if (!LISTS.has(name)) out.set(name, fromText(name, value));
    else {
      lists.set(name, lists.get(name) ?? []);
      lists.get(name)!.push(value);
      if (name !== key) marked.add(name);
    }
  }
  for (const [name, texts] of lists) out.set(name, fromTexts(name, texts, marked.has(name)));
  return Object.fromEntries(out);
}

const base64 = async (file: Blob): Promise<string> => Buffer.from(await file.arrayBuffer()).toString("base64");

/** A list's texts as JSON would have had it: a list in JSON, a list between commas, or one value a text. */
function fromTexts(name: string, texts: readonly string[], isMarked: boolean): unknown {
  if (texts.length === 1) {
    const list = jsonList(texts[0]!);
    if (list !== undefined) return list;
    if (!isMarked) return fromText(name, texts[0]!);
  }
  // A class name may hold commas, so texts that are one value each stay apart.
  if (name === "class_labels") return texts.map((text) => text.trim());
  const all = texts.join(",");
  return (all.includes("[") ? jsonList(`[${all}]`) : undefined) ?? fromText(name, all);
}

function jsonList(text: string): unknown[] | undefined {
  if (!text.trim().startsWith("[")) return undefined;
  try {
    return JSON.parse(text) as unknown[];
  } catch {
    return undefined;
  }
}

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

function refused(name: string, message: string): ApiError {
  return new ApiError(400, `${name.slice(0, 80)}: ${message}`, { param: name, code: "invalid_value" });
}
