/** Every sampling option that has no field of its own in the form. */
import { setForm, useStudio } from "../state/store.ts";
import { OptionFields } from "../ui/option-fields.tsx";
import { MORE_OPTIONS } from "./more-options.ts";

export default function MoreFields() {
  const more = useStudio((state) => state.form.more);
  return (
    <OptionFields prefix="option" names={MORE_OPTIONS} values={more} onChange={(values) => setForm({ more: values })} />
  );
}
