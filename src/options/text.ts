import { OptionError } from "../errors/index.ts";
import { splitClassTexts } from "./class-names.ts";
import { type OptionName, rowOf } from "./table.ts";

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
