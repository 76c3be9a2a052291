/** An option's name where users meet it: as a flag, and as a field of HTTP requests. */
import { editingInfo } from "./editing.ts";
import { samplingInfo } from "./fields.ts";

const NAMES: Readonly<Record<string, { readonly flag: string; readonly http: string } | undefined>> = {
  ...samplingInfo,
  ...editingInfo,
  batchSize: { flag: "batch", http: "batch_size" },
};

/** `topK` as `top-k` (without the dashes before it); options outside the table are spelt by the same rule. */
export const flagName = (option: string): string => NAMES[option]?.flag ?? separated(option, "-");

/** `topK` as `top_k`. */
export const httpName = (option: string): string => NAMES[option]?.http ?? separated(option, "_");

/** `top-k` or `top_k` as `topK`. */
export const camelCase = (name: string): string =>
  name.replace(/[-_]([a-z])/g, (_, letter: string) => letter.toUpperCase());

const separated = (name: string, between: string): string =>
  name.replace(/[A-Z]/g, (letter) => `${between}${letter.toLowerCase()}`);
