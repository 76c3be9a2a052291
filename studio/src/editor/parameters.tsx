/** How an edit is drawn: what the create form asks too, and how much of the picture is taken over. */
import { lazy } from "react";
import type { ModelInfo } from "../backend/types.ts";
import { nearestSteps, stepChoices, trainedPx } from "../state/plan.ts";
import { useStudio } from "../state/store.ts";
import { GUIDANCE, RangeField, SegmentsField } from "../ui/controls.tsx";
import { MoreOptions } from "../ui/more-options.tsx";
import { SeedField } from "../ui/seed-field.tsx";
import { currentSheet, setEditor, useEditor } from "./editor-store.ts";

const MoreFields = lazy(() => import("./more-fields.tsx"));

const COUNTS = [1, 2, 4, 8].map((value) => ({ value }));

export function Parameters({ info }: { info: ModelInfo }) {
  const { count, seed, freshSeed, guidance, strength, more } = useEditor();
  const usual = useStudio((state) => state.info?.defaults.guidance ?? 0);
  return (
    <>
      <UsualRange
        id="edit-guidance"
        label="Guidance"
        {...GUIDANCE}
        value={guidance}
        usual={usual}
        shown={(value) => value.toFixed(1)}
        onChange={(value) => setEditor({ guidance: value })}
      />
      <UsualRange
        id="edit-strength"
        label="Strength"
        min={0}
        max={1}
        step={0.05}
        value={strength}
        usual={1}
        shown={(value) => `${Math.round(100 * value)} %`}
        onChange={(value) => setEditor({ strength: value })}
      />
      <StepsField info={info} />
      <SegmentsField
        legend="Variants"
        name="variants"
        choices={COUNTS}
        chosen={count}
        onChoose={(value) => setEditor({ count: value })}
      />
      <SeedField
        id="edit-seed"
        seed={seed}
        fresh={freshSeed}
        freshLabel="A new seed for every repaint"
        onChange={setEditor}
      />
      <MoreOptions set={Object.keys(more).length}>
        <MoreFields />
      </MoreOptions>
    </>
  );
}

/** Number of scales: those possible for what the model sees of the picture. */
function StepsField({ info }: { info: ModelInfo }) {
  const steps = useEditor((state) => state.steps);
  const sheet = useEditor(currentSheet);
  if (sheet === undefined) return null;
  const side = trainedPx(info);
  const { width, height } = sheet.mask;
  const seen = width <= side && height <= side ? { width, height } : { width: side, height: side };
  const choices = stepChoices(info, seen);
  const place = (count: number): number => choices.indexOf(nearestSteps(info, seen, count));
  return (
    <UsualRange
      id="edit-steps"
      label="Steps"
      min={0}
      max={choices.length - 1}
      value={steps === undefined ? undefined : place(steps)}
      usual={place(info.defaults.steps)}
      shown={(index) => `${choices[index]} scales`}
      onChange={(index) => setEditor({ steps: index === undefined ? undefined : choices[index] })}
    />
  );
}

interface UsualProps {
  readonly id: string;
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  /** Undefined: as it suits the edit. */
  readonly value: number | undefined;
  /** Where the slider begins. */
  readonly usual: number;
  shown(value: number): string;
  onChange(value: number | undefined): void;
}

/** A slider that the rules of editing decide until it is moved. */
function UsualRange({ value, usual, shown, onChange, ...range }: UsualProps) {
  const text = value === undefined ? "as it suits the edit" : shown(value);
  return (
    <RangeField
      {...range}
      shown={text}
      value={value ?? usual}
      aria-valuetext={text}
      data-unset={value === undefined}
      onChange={onChange}
    >
      <label className="check">
        <input
          type="checkbox"
          checked={value === undefined}
          onChange={(event) => onChange(event.target.checked ? undefined : usual)}
        />
        <span>As it suits the edit</span>
      </label>
    </RangeField>
  );
}
