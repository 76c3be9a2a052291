/** Which options the form offers under "More options": all but those with a field of their own. */
import { SAMPLING_FIELDS, type SamplingField } from "flexvar/options";

/** Options with a field of their own; the steps' field chooses the list of scales too. */
export const OWN_FIELDS = [
  "classLabels",
  "style",
  "count",
  "seed",
  "size",
  "steps",
  "stepTable",
  "scales",
  "guidance",
] as const satisfies readonly SamplingField[];

export type MoreOption = Exclude<SamplingField, (typeof OWN_FIELDS)[number]>;
export const MORE_OPTIONS = SAMPLING_FIELDS.filter(
  (name) => !OWN_FIELDS.includes(name as never),
) as readonly MoreOption[];
