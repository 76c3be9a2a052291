import { FileError } from "../errors/index.ts";
import { isRecord, parseJson } from "../json/index.ts";
import { readPngText } from "./png-read.ts";
import type { PngText } from "./png-write.ts";

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A flat or nested record of settings. */
export type SettingsRecord = { readonly [key: string]: Json };

/** Version of the JSON under the `flexvar` keyword. Version 1 drew tokens by another rule: its settings give other pictures now. */
const SETTINGS_VERSION = 2;

/**
 * Texts that a generated picture carries: `parameters`, a readable line, and `flexvar`, versioned JSON with keys in alphabetical
 * order, so that equal settings give equal bytes.
 */
export function settingsText(settings: SettingsRecord, line: string = readableLine(settings)): PngText {
  return { parameters: line, flexvar: canonicalJson({ version: SETTINGS_VERSION, settings }) };
}

/** `Key: value` pairs joined by commas, in the record's order; nested values as JSON, null left out. */
export function readableLine(settings: SettingsRecord): string {
  return Object.entries(settings)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${title(key)}: ${typeof value === "string" ? value : canonicalJson(value)}`)
    .join(", ");
}

/** `topK` and `top_k` to `Top k`. */
function title(key: string): string {
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll("_", " ")
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** JSON with the keys of every object in alphabetical order. @throws RangeError for numbers that JSON cannot hold. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value as SettingsRecord).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new RangeError(`settings: expected a finite number, got ${value}`);
  }
  return JSON.stringify(value);
}

/**
 * Settings embedded in a PNG by {@link settingsText}. Their content is as trustworthy as the file: validate it before use.
 * @throws FileError when there are none, they are no JSON object, or a newer version wrote them.
 */
export function readSettings(png: Uint8Array): SettingsRecord {
  const text = readPngText(png).get("flexvar");
  if (text === undefined) throw new FileError("PNG", 'settings under the text key "flexvar"', "none");
  const parsed = parseJson(text, 'PNG: text key "flexvar"');
  const { version, settings } = isRecord(parsed) ? parsed : {};
  if (version !== SETTINGS_VERSION) {
    throw new FileError("PNG", `settings of version ${SETTINGS_VERSION}`, String(version).slice(0, 40));
  }
  if (!isRecord(settings)) throw new FileError("PNG", "settings to be an object");
  return settings as SettingsRecord;
}
