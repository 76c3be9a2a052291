/** An option's name where users meet it: as a flag, and as a field of HTTP requests. */
import { type OptionName, type OptionRow, options, separated } from "./table.ts";

const NAMES: Readonly<Record<string, Pick<OptionRow, "flag" | "http"> | undefined>> = {
  ...options,
  batchSize: { flag: "batch", http: "batch_size" },
};

/** `topK` as `top-k` (without the dashes before it); names outside the table are spelt by the same rule. */
export const flagName = (option: string): string => NAMES[option]?.flag ?? separated(option, "-");

/** `topK` as `top_k`. */
export const httpName = (option: string): string => NAMES[option]?.http ?? separated(option, "_");

/** The option that an HTTP field gives. */
export const optionOfField = (field: string): OptionName | undefined =>
  (Object.keys(options) as OptionName[]).find((name) => options[name].http === field);

/** `top-k` or `top_k` as `topK`. */
export const camelCase = (name: string): string =>
  name.replace(/[-_]([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Options by the library's names as the fields of an HTTP request. */
export const toFields = (given: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [httpName(name), value]));
