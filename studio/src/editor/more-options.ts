/** Which options the editor offers under "More options": all of an edit but those with a field of their own. */
import { type OptionName, optionsOf } from "flexvar/options";

/** Options with a field of their own, `style` among the classes' sort of them; the best of many is not for every server. */
const OWN_FIELDS: readonly OptionName[] = [
  "classLabels",
  "count",
  "seed",
  "size",
  "steps",
  "stepTable",
  "scales",
  "guidance",
  "strength",
  "bestOf",
];

export const MORE_EDIT_OPTIONS: readonly OptionName[] = optionsOf("inpaint").filter(
  (name) => !OWN_FIELDS.includes(name),
);
