import { newSeed } from "../state/actions.ts";
import { Button } from "./controls.tsx";

interface Props {
  readonly id: string;
  readonly seed: number;
  /** Whether every order takes a new seed, and how that is called. */
  readonly fresh: boolean;
  readonly freshLabel: string;
  onChange(change: { readonly seed?: number; readonly freshSeed: boolean }): void;
}

/** A seed: typed, thrown with a die, or new for every order. */
export function SeedField({ id, seed, fresh, freshLabel, onChange }: Props) {
  return (
    <div className="field">
      <label htmlFor={id}>Seed</label>
      <div className="row">
        <input
          id={id}
          className="input grow"
          type="number"
          inputMode="numeric"
          min={0}
          max={Number.MAX_SAFE_INTEGER}
          step={1}
          value={seed}
          required
          onChange={(event) => {
            const value = event.target.valueAsNumber;
            if (Number.isSafeInteger(value) && value >= 0) onChange({ seed: value, freshSeed: false });
          }}
        />
        <Button
          icon="dice"
          kind="square"
          aria-label="Another seed"
          title="Another seed"
          onClick={() => onChange({ seed: newSeed(), freshSeed: false })}
        />
      </div>
      <label className="check">
        <input type="checkbox" checked={fresh} onChange={(event) => onChange({ freshSeed: event.target.checked })} />
        <span>{freshLabel}</span>
      </label>
    </div>
  );
}
