/** Multipart forms as the record that JSON would have held. */
import { optionOfField, valueFromText } from "../options/index.ts";
import { invalid } from "./errors.ts";
import { formParts } from "./form-parts.ts";
import { followJson, LONGEST_TEXT, PICTURE_FIELDS } from "./json-shape.ts";

/** Fields that are lists: a form may repeat them, one entry a value. */
const LISTS = new Set(["class_labels", "scales", "forbid"]);
const NUMBERS = new Set(["left", "right", "top", "bottom", "first_index", "output_compression", "partial_images"]);
const FLAGS = new Set(["stream", "async"]);

/** Reads a form as it arrives; files become base64. @throws ApiError in words. */
export async function readForm(blocks: AsyncIterable<Uint8Array>, type: string): Promise<Record<string, unknown>> {
  const out = new Map<string, unknown>();
  const lists = new Map<string, string[]>();
  // `name[]` is one value of a list even where it comes once.
  const marked = new Set<string>();
  for await (const { key, isFile, bytes } of formParts(blocks, type)) {
    const name = key.replace(/\[\]$/, "");
    if (out.has(name)) throw invalid(name, "expected one value, got several");
    if (isFile && !PICTURE_FIELDS.has(name)) throw invalid(name, "expected text, got a file");
    if (bytes.length > LONGEST_TEXT && !PICTURE_FIELDS.has(name))
      throw invalid(name, `expected at most ${LONGEST_TEXT} bytes, got ${bytes.length}`);
    // Without a byte-order mark, which is no part of a text.
    const value = isFile ? "" : utf8(bytes, name);
    if (isFile) out.set(name, bytes.toString("base64"));
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

function utf8(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid(name, "expected text in UTF-8, got other bytes");
  }
}

/** A list's texts as JSON would have had it: a list in JSON, a list between commas, or one value a text. */
function fromTexts(name: string, texts: readonly string[], isMarked: boolean): unknown {
  if (texts.length === 1) {
    const list = jsonList(name, texts[0]!);
    if (list !== undefined) return list;
    if (!isMarked) return fromText(name, texts[0]!);
  }
  // A class name may hold commas, so texts that are one value each stay apart.
  if (name === "class_labels") return texts.map((text) => text.trim());
  const all = texts.join(",");
  return (all.includes("[") ? jsonList(name, `[${all}]`) : undefined) ?? fromText(name, all);
}

function jsonList(name: string, text: string): unknown[] | undefined {
  if (!text.trim().startsWith("[")) return undefined;
  followJson(name)(Buffer.from(text));
  try {
    return JSON.parse(text) as unknown[];
  } catch {
    return undefined;
  }
}

/** A form's text as JSON would have had it; what does not read as such stays text, which the schema refuses in words. */
function fromText(name: string, text: string): unknown {
  if (name === "class_labels" && (text === "auto" || text === "none")) return text;
  const option = optionOfField(name);
  if (option !== undefined) {
    try {
      return valueFromText(option, text);
    } catch {
      return text;
    }
  }
  if (FLAGS.has(name)) return text === "true" ? true : text === "false" ? false : text;
  if (NUMBERS.has(name) && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  return text;
}
