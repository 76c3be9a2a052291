import type { ModelInfo } from "../backend/types.ts";
import { gridsOf, stepChoices } from "../state/plan.ts";
import { setForm, shownLabel, useStudio } from "../state/store.ts";
import { GUIDANCE, RangeField, SegmentsField } from "../ui/controls.tsx";
import { gridName } from "../ui/format.ts";
import { SeedField as Seed } from "../ui/seed-field.tsx";

/** Number of scales, with the ladder of grids that it gives. */
export function StepsField({ info }: { info: ModelInfo }) {
  const { steps, width, height } = useStudio((state) => state.form);
  const choices = stepChoices(info, { width, height });
  const grids = gridsOf(info, { width, height }, steps);
  const largest = Math.max(...grids.flat());
  return (
    <RangeField
      id="steps"
      label="Steps"
      shown={steps}
      min={0}
      max={choices.length - 1}
      value={choices.indexOf(steps)}
      aria-valuetext={`${steps} scales: ${grids.map(gridName).join(", ")}`}
      onChange={(index) => setForm({ steps: choices[index]! })}
    >
      <div className="ladder" aria-hidden="true">
        {grids.map(([h, w]) => (
          <span
            key={`${h}x${w}`}
            className="rung"
            style={{ height: `${12 + (88 * h) / largest}%`, aspectRatio: `${w} / ${h}` }}
          />
        ))}
      </div>
      <p className="hint">
        {gridName(grids[0]!)} to {gridName(grids.at(-1)!)} tokens, each scale a whole picture.
      </p>
    </RangeField>
  );
}

/** The style to draw in, where the model was told several. */
export function StyleField({ info }: { info: ModelInfo }) {
  const style = useStudio((state) => state.form.style);
  if (info.styles.length === 0) return null;
  return (
    <div className="field">
      <label htmlFor="style">Style</label>
      <select
        id="style"
        className="input"
        value={style ?? ""}
        onChange={(event) => setForm({ style: event.target.value === "" ? undefined : event.target.value })}
      >
        <option value="">Any</option>
        {info.styles.map((name) => (
          <option key={name} value={name}>
            {shownLabel(name)}
          </option>
        ))}
      </select>
    </div>
  );
}

export function GuidanceField() {
  const guidance = useStudio((state) => state.form.guidance);
  return (
    <RangeField
      id="guidance"
      label="Guidance"
      shown={guidance.toFixed(1)}
      {...GUIDANCE}
      value={guidance}
      onChange={(value) => setForm({ guidance: value })}
    >
      <div className="ends" aria-hidden="true">
        <span>More variety</span>
        <span>Closer to the class</span>
      </div>
    </RangeField>
  );
}

export function SeedField() {
  const { seed, freshSeed } = useStudio((state) => state.form);
  return <Seed id="seed" seed={seed} fresh={freshSeed} freshLabel="A new seed for every drawing" onChange={setForm} />;
}

const COUNTS = [1, 2, 4, 8].map((value) => ({ value }));

export function CountField() {
  const count = useStudio((state) => state.form.count);
  const choose = (value: number): void => setForm({ count: value });
  return <SegmentsField legend="Pictures" name="count" choices={COUNTS} chosen={count} onChoose={choose} />;
}
