/** Options as text fields, straight from the table of options. */
import { formatOption, type OptionName, rowOf, valueOfText } from "flexvar/options";
import { useState } from "react";

type Values = Readonly<Record<string, unknown>>;

interface Props {
  /** Begins the fields' ids. */
  readonly prefix: string;
  readonly names: readonly OptionName[];
  /** By the library's names; left out, the model decides. */
  readonly values: Values;
  onChange(values: Values): void;
}

export function OptionFields({ prefix, names, values, onChange }: Props) {
  return names.map((name) => {
    const { [name]: value, ...others } = values;
    return (
      <OptionField
        key={name}
        id={`${prefix}-${name}`}
        name={name}
        value={value}
        onChange={(next) => onChange(next === undefined ? others : { ...others, [name]: next })}
      />
    );
  });
}

interface FieldProps {
  readonly id: string;
  readonly name: OptionName;
  readonly value: unknown;
  onChange(value: unknown): void;
}

/** One option as text; left empty the model decides. A text that is no such value is told, and not taken. */
function OptionField({ id, name, value, onChange }: FieldProps) {
  const { title, description, metavar } = rowOf(name);
  const [typed, setTyped] = useState<{ readonly text: string; readonly problem: string | undefined }>();
  const text = typed?.problem === undefined ? (typed?.text ?? formatOption(name, value)) : typed.text;
  const take = (given: string): void => {
    if (given.trim() === "") {
      setTyped({ text: given, problem: undefined });
      onChange(undefined);
      return;
    }
    const read = valueOfText(name, given);
    setTyped({ text: given, problem: read.problem });
    onChange(read.problem === undefined ? read.value : undefined);
  };
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
