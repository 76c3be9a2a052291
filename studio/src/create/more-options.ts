/** Which options the form offers under "More options": all but those with a field of their own. */
import { SAMPLING_FIELDS, type SamplingField } from "flexvar/options";
import { FORM_FIELDS } from "../state/form-fields.ts";

export const OWN_FIELDS = [...FORM_FIELDS, "style"] as const satisfies readonly SamplingField[];

export type MoreOption = Exclude<SamplingField, (typeof OWN_FIELDS)[number]>;
export const MORE_OPTIONS = SAMPLING_FIELDS.filter(
  (name) => !OWN_FIELDS.includes(name as never),
) as readonly MoreOption[];
