import type { ModelInfo } from "../backend/types.ts";
import { ClassPicture } from "../create/class-picker.tsx";
import { CONTROL } from "../state/commands.ts";
import { shownLabel, useStudio } from "../state/store.ts";
import { Button, RangeField, Segments } from "../ui/controls.tsx";
import { Icon } from "../ui/icons.tsx";
import { NumberField } from "../ui/number-field.tsx";
import { type Margins, SIDES } from "./document.ts";
import { BRUSH, type BrushUnit, currentSheet, setEditor, useEditor } from "./editor-store.ts";
import { refineTwice, repaint } from "./edits.ts";
import { changeMask, isPainting, setMargins } from "./history.ts";
import { Parameters } from "./parameters.tsx";
import { shownView, useViewport } from "./viewport.ts";

const TOOLS = [
  { tool: "brush", label: "Brush" },
  { tool: "eraser", label: "Eraser" },
  { tool: "rect", label: "Box" },
  { tool: "lasso", label: "Lasso" },
] as const;

/** What to mask, and what to paint there. */
export function Panel() {
  const softness = useEditor((state) => state.softness);
  const isPhoto = useEditor((state) => currentSheet(state)?.photo !== undefined);
  const info = useStudio((state) => state.info);
  if (info === undefined) return null;
  return (
    <form
      className="panel"
      aria-label="What to change"
      onSubmit={(event) => {
        event.preventDefault();
        void repaint();
      }}
    >
      <div className="panel-scroll">
        <MaskField />
        <BrushField />
        <RangeField
          id="soft"
          label="Soft edge"
          shown={`${softness} px`}
          min={0}
          max={8}
          value={softness}
          onChange={(value) => setEditor({ softness: value })}
        />
        {!isPhoto && <ExtendField />}
        <ClassField info={info} />
        <Parameters info={info} />
      </div>
      <div className="panel-foot">
        <div className="row">
          <Button type="submit" icon="draw" kind="primary big">
            Repaint
            <span className="button-keys" aria-hidden="true">
              {CONTROL} ⏎
            </span>
          </Button>
          {!isPhoto && (
            <Button
              icon="sharpen"
              kind="big"
              title="The same picture at twice its size"
              onClick={() => void refineTwice()}
            >
              Refine ×2
            </Button>
          )}
        </div>
      </div>
    </form>
  );
}

/** The tools, and what is done to the whole mask. */
function MaskField() {
  const tool = useEditor((state) => state.tool);
  return (
    <fieldset className="field">
      <legend>Mask: what is to change</legend>
      <div className="tools">
        {TOOLS.map((one) => (
          <label key={one.tool} className="ratio" title={one.label}>
            <input
              type="radio"
              name="tool"
              checked={tool === one.tool}
              onChange={() => setEditor({ tool: one.tool })}
            />
            <Icon name={one.tool} />
            <span>{one.label}</span>
          </label>
        ))}
      </div>
      <div className="row">
        <MaskButton label="All" composite="source-over" />
        <MaskButton label="None" composite="destination-out" />
        <MaskButton label="Invert" composite="xor" />
      </div>
    </fieldset>
  );
}

const BRUSH_UNITS = [
  { value: "screen", label: "Screen", hint: "As large at any zoom" },
  { value: "picture", label: "Picture", hint: "Grows with the picture" },
] as const;

/** How large the brush is, and in whose pixels. */
function BrushField() {
  const { brush, brushIn } = useEditor();
  return (
    <RangeField
      id="brush"
      label="Brush"
      shown={`${brush} px`}
      {...BRUSH}
      value={brush}
      title="Smaller and larger: [ and ]"
      onChange={(value) => setEditor({ brush: value })}
    >
      <fieldset className="brush-unit">
        <legend className="hidden">Pixels of the brush</legend>
        <Segments name="brush-unit" choices={BRUSH_UNITS} chosen={brushIn} onChoose={setBrushUnit} />
      </fieldset>
    </RangeField>
  );
}

/** Counts the brush in other pixels; it stays as large as it is. */
function setBrushUnit(unit: BrushUnit): void {
  const viewport = useViewport.getState();
  // Screen pixels of one pixel of the picture's own.
  const scale = shownView(viewport).scale * viewport.shrink;
  setEditor((state) => {
    if (state.brushIn === unit) return {};
    const size = unit === "picture" ? state.brush / scale : state.brush * scale;
    return { brushIn: unit, brush: Math.min(BRUSH.max, Math.max(BRUSH.min, Math.round(size))) };
  });
}

/** Fills the whole mask, put together with what is there. */
function MaskButton({ label, composite }: { label: string; composite: GlobalCompositeOperation }) {
  const fill = (context: CanvasRenderingContext2D): void => {
    context.globalCompositeOperation = composite;
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  };
  return (
    <Button kind="grow" aria-label={`Mask: ${label}`} onClick={() => changeMask(fill)}>
      {label}
    </Button>
  );
}

/** The class to paint. */
function ClassField({ info }: { info: ModelInfo }) {
  const classId = useEditor((state) => state.classId);
  return (
    <div className="field">
      <label htmlFor="paint-class">Paint</label>
      <div className="row">
        {classId !== undefined && <ClassPicture info={info} id={classId} />}
        <select
          id="paint-class"
          className="input grow"
          value={classId ?? ""}
          onChange={({ target }) => setEditor({ classId: target.value === "" ? undefined : Number(target.value) })}
        >
          <option value="">What fits best (the model guesses)</option>
          {info.labels.map((label, id) => (
            <option key={label} value={id}>
              {shownLabel(label)}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}

/** Pixels to paint beyond each edge. */
function ExtendField() {
  const margins = useEditor((state) => currentSheet(state)?.margins);
  const side = useEditor((state) => currentSheet(state)?.image.width ?? 0);
  const high = useEditor((state) => currentSheet(state)?.image.height ?? 0);
  const painting = useEditor(isPainting);
  if (margins === undefined) return null;
  const most = (one: keyof Margins): number => (one === "left" || one === "right" ? side : high);
  return (
    <fieldset className="field" disabled={painting}>
      <legend>
        Extend <span className="value">pixels beyond each edge</span>
      </legend>
      <div className="extend">
        {SIDES.map((one) => (
          <NumberField
            key={one}
            label={shownLabel(one)}
            value={margins[one]}
            min={0}
            max={most(one)}
            allowed={(pixels) => Math.round(Math.min(most(one), Math.max(0, pixels)))}
            onChange={(pixels) => setMargins({ ...margins, [one]: pixels })}
          />
        ))}
      </div>
    </fieldset>
  );
}
