/** Every option of an edit that has no field of its own in the panel. */
import { OptionFields } from "../ui/option-fields.tsx";
import { setEditor, useEditor } from "./editor-store.ts";
import { MORE_EDIT_OPTIONS } from "./more-options.ts";

export default function MoreFields() {
  const more = useEditor((state) => state.more);
  return (
    <OptionFields
      prefix="edit"
      names={MORE_EDIT_OPTIONS}
      values={more}
      onChange={(values) => setEditor({ more: values })}
    />
  );
}
