interface Props {
  readonly label: string;
  /** The number in force. */
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  /** The number in force for one that was typed: within limits, in whole steps. */
  allowed(typed: number): number;
  onChange(value: number): void;
}

/** A number with its name: it takes what was typed when it is left or Enter is pressed, and then shows the number in force. */
export function NumberField({ label, value, min, max, step = 1, allowed, onChange }: Props) {
  const commit = (field: HTMLInputElement): void => {
    const next = Number.isFinite(field.valueAsNumber) ? allowed(field.valueAsNumber) : value;
    field.value = `${next}`;
    if (next !== value) onChange(next);
  };
  return (
    <label className="side">
      <span>{label}</span>
      <input
        key={value}
        className="input"
        type="number"
        inputMode="numeric"
        defaultValue={value}
        step={step}
        min={min}
        max={max}
        onBlur={(event) => commit(event.currentTarget)}
        onKeyDown={(event) => event.key === "Enter" && commit(event.currentTarget)}
      />
    </label>
  );
}
