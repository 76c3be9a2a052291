import { OptionError } from "../errors/index.ts";
/** A number for every scale: the same at all, one by one, or from one value to another. */
export type PerScale = number | readonly number[] | { readonly from: number; readonly to: number };

/**
 * The number at step `i` of `steps`. A list says one number a scale, coarse to fine: its last holds for the scales after it, and what is
 * beyond the last scale is not used, so that one list serves every size and number of steps. `from`…`to` changes evenly from the first scale to the last (a run of one scale has `from`).
 */
export function valueAt(policy: PerScale, i: number, steps: number): number {
  if (typeof policy === "number") return policy;
  if (isList(policy)) return policy[Math.min(i, policy.length - 1)]!;
  const { from, to } = policy;
  if (steps <= 1) return from;
  return i === steps - 1 ? to : from + ((to - from) * i) / (steps - 1);
}

/** The same kind of policy with `change` applied to every number it names. */
export function mapPerScale(policy: PerScale, change: (value: number) => number): PerScale {
  if (typeof policy === "number") return change(policy);
  return isList(policy) ? policy.map(change) : { from: change(policy.from), to: change(policy.to) };
}

/**
 * Reads `4,4,2` (a list by scale) or `0.9..0.7` (from, to).
 * @throws OptionError for other texts.
 */
export function parsePerScale(text: string): Exclude<PerScale, number> {
  const ends = text.split("..");
  const parts = (ends.length === 2 ? ends : text.split(",")).map((part) => part.trim());
  const values = parts.map(Number);
  if (parts.includes("") || values.some((n) => !Number.isFinite(n)) || (ends.length !== 2 && values.length < 2))
    throw new OptionError("perScale", "a list by scale such as 4,4,2 or from..to such as 0.9..0.7", `"${text}"`);
  return ends.length === 2 ? { from: values[0]!, to: values[1]! } : values;
}

/** A plain number as itself, others in the form that {@link parsePerScale} reads. */
export function formatPerScale(policy: PerScale): number | string {
  if (typeof policy === "number") return policy;
  // A list of one number says what the number says.
  if (isList(policy)) return policy.length === 1 ? policy[0]! : policy.join(",");
  return `${policy.from}..${policy.to}`;
}

const isList = (policy: PerScale): policy is readonly number[] => Array.isArray(policy);
