/** `--vary OPTION=VALUES`: which sampling option takes which values. */
import { options, SAMPLING_FIELDS, type SamplingField, type SamplingInput, valueFromText } from "../options/index.ts";
import { UsageError } from "./errors.ts";

export interface Variation {
  readonly field: SamplingField;
  /** The option's name on the command line. */
  readonly flag: string;
  readonly title: string;
  /** Values as they were written, each once, and as options. */
  readonly values: readonly { readonly text: string; readonly input: SamplingInput }[];
}

/** Options that say what a set is of, not how it is drawn. */
const FIXED: readonly SamplingField[] = ["classLabels", "count", "forbid"];
/** Options whose values hold commas themselves. */
const LISTS: readonly SamplingField[] = ["scales", "greedy", "entropyTemperature", "style"];

const MOST_VALUES = 100;

/** Reads `guidance=1,1.5,2`; lists are parted by semicolons: `scales=1,2,4;1,2,3,4`. @throws UsageError naming the flag */
export function parseVariation(text: string): Variation {
  const [, flag = "", list = ""] = /^([a-z-]+)=(.*)$/s.exec(text.trim()) ?? [];
  const allowed = SAMPLING_FIELDS.filter((field) => !FIXED.includes(field));
  const field = allowed.find((name) => options[name].flag === flag);
  if (field === undefined) {
    const names = allowed.map((name) => options[name].flag).join(", ");
    throw new UsageError(`--vary: expected OPTION=VALUES with one of ${names}, got "${text}"`);
  }
  const parts = list.split(LISTS.includes(field) || list.includes(";") ? ";" : ",").map((part) => part.trim());
  const values = [...new Set(parts)];
  if (values.includes("") || values.length > MOST_VALUES)
    throw new UsageError(`--vary: expected 1 to ${MOST_VALUES} values of ${flag}, got "${list}"`);
  return {
    field,
    flag,
    title: options[field].title,
    values: values.map((value) => ({
      text: value,
      input: { [field]: valueFromText(field, value) } as SamplingInput,
    })),
  };
}
