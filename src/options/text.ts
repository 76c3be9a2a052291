import { OptionError } from "../errors/index.ts";
import { formatPerScale, type PerScale } from "../sampling/index.ts";
import { splitClassTexts } from "./class-names.ts";
import { parsed } from "./parse.ts";
import { type OptionName, optionsSchema, rowOf } from "./table.ts";

/**
 * A flag's text as the value that the schema takes: numbers and lists are split, the rest stays text.
 * @throws OptionError where a number is expected and none is found.
 */
export function valueFromText(name: OptionName, text: string): unknown {
  switch (rowOf(name).text) {
    case "number":
      return toNumber(text, name);
    case "per scale":
      return /,|\.\./.test(text) ? text : toNumber(text, name);
    case "numbers":
      return text.split(",").map((part) => toNumber(part, name));
    case "names":
      // Whether a number is a name or an id is decided where the names are known.
      return splitClassTexts(text);
    case "flag":
      return text === "true" ? true : text === "false" ? false : text;
    default:
      return text;
  }
}

function toNumber(text: string, name: OptionName): number {
  const trimmed = text.trim();
  const value = trimmed === "" ? Number.NaN : Number(trimmed);
  if (!Number.isFinite(value)) throw new OptionError(name, "a number", `"${text}"`);
  return value;
}

/** The value that a text gives, checked by the option's schema; or what is wrong with it, in words. */
export function valueOfText(
  name: OptionName,
  text: string,
):
  | { readonly value: unknown; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: string } {
  try {
    const value = valueFromText(name, text);
    parsed(optionsSchema([name]), { [name]: value });
    return { value };
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    return { problem: error.words };
  }
}

/** A value as {@link valueFromText} reads it; empty where there is none. */
export function formatOption(name: OptionName, value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  return String(rowOf(name).text === "per scale" ? formatPerScale(value as PerScale) : value);
}
