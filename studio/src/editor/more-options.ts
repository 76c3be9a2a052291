/** Which options the editor offers under "More options": all of an edit but those with a field of their own. */
import { type OptionName, optionsOf } from "flexvar/options";
import { FORM_FIELDS } from "../state/form-fields.ts";

/** `style` is chosen among the options; the best of many is not for every server. */
const OWN: readonly OptionName[] = [...FORM_FIELDS, "strength", "bestOf"];

export const MORE_EDIT_OPTIONS: readonly OptionName[] = optionsOf("inpaint").filter((name) => !OWN.includes(name));
