import { useStudio } from "../state/store.ts";
import { setEditor, useEditor } from "./editor-store.ts";

/** How closely an edit follows its class: as it suits the edit, until the slider is moved. */
export function GuidanceField() {
  const guidance = useEditor((state) => state.guidance);
  const usual = useStudio((state) => state.info?.defaults.guidance ?? 0);
  const value = guidance === undefined ? "as it suits the edit" : guidance.toFixed(1);
  return (
    <div className="field">
      <label htmlFor="edit-guidance">
        Guidance <output className="value">{value}</output>
      </label>
      <input
        id="edit-guidance"
        type="range"
        min={0}
        max={8}
        step={0.5}
        value={guidance ?? usual}
        aria-valuetext={value}
        data-unset={guidance === undefined}
        onChange={(event) => setEditor({ guidance: Number(event.target.value) })}
      />
      <label className="check">
        <input
          type="checkbox"
          checked={guidance === undefined}
          onChange={(event) => setEditor({ guidance: event.target.checked ? undefined : usual })}
        />
        <span>As it suits the edit</span>
      </label>
    </div>
  );
}
