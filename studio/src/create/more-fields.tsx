/** Every sampling option that has no field of its own in the form, straight from the table of options. */
import { formatOption, rowOf, valueOfText } from "flexvar/options";
import { useState } from "react";
import { setForm, useStudio } from "../state/store.ts";
import { MORE_OPTIONS, type MoreOption } from "./more-options.ts";

export default function MoreFields() {
  return MORE_OPTIONS.map((name) => <OptionField key={name} name={name} />);
}

/** One option as text; left empty the model decides. A text that is no such value is told, and not taken. */
function OptionField({ name }: { name: MoreOption }) {
  const { title, description, metavar } = rowOf(name);
  const value = useStudio((state) => state.form.more[name]);
  const [typed, setTyped] = useState<{ readonly text: string; readonly problem: string | undefined }>();
  const text = typed?.problem === undefined ? (typed?.text ?? formatOption(name, value)) : typed.text;
  const take = (given: string): void => {
    const { more } = useStudio.getState().form;
    const { [name]: _, ...others } = more;
    if (given.trim() === "") {
      setTyped({ text: given, problem: undefined });
      setForm({ more: others });
      return;
    }
    const read = valueOfText(name, given);
    setTyped({ text: given, problem: read.problem });
    setForm({ more: read.problem === undefined ? { ...others, [name]: read.value } : others });
  };
  const id = `option-${name}`;
  return (
    <div className="field">
      <label htmlFor={id}>{title}</label>
      <input
        id={id}
        className="input"
        value={text}
        placeholder={metavar}
        aria-invalid={typed?.problem !== undefined}
        aria-describedby={`${id}-hint`}
        onChange={(event) => take(event.target.value)}
        onBlur={() => setTyped((now) => (now?.problem === undefined ? undefined : now))}
      />
      <p id={`${id}-hint`} className="hint">
        {typed?.problem ?? description}
      </p>
    </div>
  );
}
