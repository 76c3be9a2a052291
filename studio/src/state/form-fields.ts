/** Options that have a field of their own in every form; the steps' field chooses the list of scales too. */
export const FORM_FIELDS = [
  "classLabels",
  "count",
  "seed",
  "size",
  "steps",
  "stepTable",
  "scales",
  "guidance",
] as const;
