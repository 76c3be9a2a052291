import { OptionError } from "../errors/index.ts";
import { splitClassTexts } from "./class-names.ts";
import { type SamplingField, samplingFields, samplingInfo } from "./fields.ts";

/** Every sampling option's name, in the order in which help and forms list them. */
export const SAMPLING_FIELDS = Object.keys(samplingFields) as readonly SamplingField[];

/**
 * A flag's text as the value that the schema takes: numbers and lists are split, the rest stays text.
 * @throws OptionError where a number is expected and none is found.
 */
export function valueFromText(field: SamplingField, text: string): unknown {
  const { text: kind, flag } = samplingInfo[field];
  switch (kind) {
    case "number":
      return toNumber(text, flag);
    case "per scale":
      return /,|\.\./.test(text) ? text : toNumber(text, flag);
    case "numbers":
      return text.split(",").map((part) => toNumber(part, flag));
    case "names":
      // Whether a number is a name or an id is decided where the names are known.
      return splitClassTexts(text);
    case "text":
      return text;
    default:
      return kind satisfies never;
  }
}

function toNumber(text: string, flag: string): number {
  const trimmed = text.trim();
  const value = trimmed === "" ? Number.NaN : Number(trimmed);
  if (!Number.isFinite(value)) throw new OptionError(flag, "a number", `"${text}"`);
  return value;
}
