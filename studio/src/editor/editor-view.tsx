import "../styles/editor.css";
import { ClassPicture } from "../create/class-picker.tsx";
import { CONTROL } from "../state/commands.ts";
import { classOf } from "../state/library.ts";
import { shownLabel, useStudio } from "../state/store.ts";
import { BlobImage } from "../ui/blob-image.tsx";
import { Icon, type IconName } from "../ui/icons.tsx";
import { NumberField } from "../ui/number-field.tsx";
import { Problem } from "../ui/problem.tsx";
import { EditorCanvas } from "./canvas.tsx";
import type { Margins } from "./document.ts";
import { currentSheet, setEditor, type Tool, useEditor } from "./editor-store.ts";
import { backToMask, refineTwice, repaint } from "./edits.ts";
import { GuidanceField } from "./guidance-field.tsx";
import { canRedo, canUndo, changeMask, isPainting, openPicture, redo, setMargins, undo } from "./history.ts";
import { ResultView } from "./result.tsx";

const TOOLS: readonly { readonly tool: Tool; readonly label: string; readonly icon: IconName }[] = [
  { tool: "brush", label: "Brush", icon: "brush" },
  { tool: "eraser", label: "Eraser", icon: "eraser" },
  { tool: "rect", label: "Box", icon: "rect" },
  { tool: "lasso", label: "Lasso", icon: "lasso" },
];

/** Repainting parts of a picture, and painting beyond its edges. */
export default function EditorView() {
  const sheet = useEditor(currentSheet);
  const result = useEditor((state) => state.result);
  if (sheet === undefined) return <NoPicture />;
  return (
    <div className="create editor">
      <Panel />
      <section className="stage" aria-label="Editor">
        <Toolbar />
        {result === undefined ? (
          <EditorCanvas sheet={sheet} />
        ) : result.status === "failed" ? (
          <Problem title="Nothing was painted" text={result.message ?? ""} action="Try again" perform={result.again}>
            <button type="button" className="button quiet" onClick={backToMask}>
              Back to the mask
            </button>
          </Problem>
        ) : (
          <ResultView result={result} sheet={sheet} />
        )}
      </section>
    </div>
  );
}

function Toolbar() {
  const undoable = useEditor(canUndo);
  const redoable = useEditor(canRedo);
  return (
    <div className="toolbar" role="toolbar" aria-label="Editor">
      <OpenButton />
      <span className="toolbar-gap" />
      <StepButton icon="undo" label="Undo" keys={`${CONTROL} Z`} able={undoable} onClick={undo} />
      <StepButton icon="redo" label="Redo" keys={`${CONTROL} Shift Z`} able={redoable} onClick={redo} />
    </div>
  );
}

interface StepButtonProps {
  readonly icon: "undo" | "redo";
  readonly label: string;
  readonly keys: string;
  readonly able: boolean;
  readonly onClick: () => void;
}

function StepButton({ icon, label, keys, able, onClick }: StepButtonProps) {
  return (
    <button
      type="button"
      className="button square"
      aria-label={label}
      title={`${label} (${keys})`}
      disabled={!able}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

function OpenButton({ primary = false }: { primary?: boolean }) {
  return (
    <label className={`button ${primary ? "primary" : ""}`}>
      <Icon name="open" />
      Open a picture
      <input
        type="file"
        accept="image/*"
        className="hidden"
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) void openPicture(file, { name: file.name });
          event.target.value = "";
        }}
      />
    </label>
  );
}

function Panel() {
  const { tool, brush, softness, classId, count } = useEditor();
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
                <Icon name={one.icon} />
                <span>{one.label}</span>
              </label>
            ))}
          </div>
          <div className="row">
            <MaskButton label="All" draw={(context, { width, height }) => context.fillRect(0, 0, width, height)} />
            <MaskButton label="None" draw={(context, { width, height }) => context.clearRect(0, 0, width, height)} />
            <MaskButton
              label="Invert"
              draw={(context, { width, height }) => {
                context.globalCompositeOperation = "xor";
                context.fillRect(0, 0, width, height);
              }}
            />
          </div>
        </fieldset>
        <Range
          id="brush"
          label="Brush"
          unit="px"
          min={2}
          max={64}
          value={brush}
          onChange={(value) => setEditor({ brush: value })}
        />
        <Range
          id="soft"
          label="Soft edge"
          unit="px"
          min={0}
          max={8}
          value={softness}
          onChange={(value) => setEditor({ softness: value })}
        />
        <ExtendField />
        <div className="field">
          <label htmlFor="paint-class">Paint</label>
          <div className="row">
            {classId !== undefined && <ClassPicture info={info} id={classId} />}
            <select
              id="paint-class"
              className="input grow"
              value={classId ?? ""}
              onChange={(event) =>
                setEditor({ classId: event.target.value === "" ? undefined : Number(event.target.value) })
              }
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
        <GuidanceField />
        <fieldset className="field">
          <legend>Variants</legend>
          <div className="segments" data-fill="">
            {[1, 2, 4].map((n) => (
              <label key={n} className="segment">
                <input type="radio" name="variants" checked={count === n} onChange={() => setEditor({ count: n })} />
                <span>{n}</span>
              </label>
            ))}
          </div>
        </fieldset>
      </div>
      <div className="panel-foot">
        <div className="row">
          <button type="submit" className="button primary big">
            <Icon name="draw" />
            Repaint
            <span className="button-keys" aria-hidden="true">
              {CONTROL} ⏎
            </span>
          </button>
          <button
            type="button"
            className="button big"
            title="The same picture at twice its size"
            onClick={() => void refineTwice()}
          >
            <Icon name="sharpen" />
            Refine ×2
          </button>
        </div>
      </div>
    </form>
  );
}

interface MaskButtonProps {
  readonly label: string;
  draw(context: CanvasRenderingContext2D, canvas: HTMLCanvasElement): void;
}

function MaskButton({ label, draw }: MaskButtonProps) {
  return (
    <button
      type="button"
      className="button grow"
      aria-label={`Mask: ${label}`}
      onClick={() => changeMask((context) => draw(context, context.canvas))}
    >
      {label}
    </button>
  );
}

interface RangeProps {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly value: number;
  onChange(value: number): void;
}

function Range({ id, label, unit, min, max, value, onChange }: RangeProps) {
  return (
    <div className="field">
      <label htmlFor={id}>
        {label}{" "}
        <output className="value">
          {value} {unit}
        </output>
      </label>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        value={value}
        onChange={(event) => onChange(Number(event.target.value))}
      />
    </div>
  );
}

const SIDES = ["left", "right", "top", "bottom"] as const;

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

/** The empty editor: what it does, and three ways in. */
function NoPicture() {
  const pictures = useStudio((state) => state.pictures);
  return (
    <div className="welcome">
      <div className="empty-edit" aria-hidden="true">
        <span />
      </div>
      <h2>Change part of a picture</h2>
      <p>
        Brush over what should be different, or drag an edge outwards to continue the picture. Open a file, drop or
        paste one here, or take one that you drew.
      </p>
      <OpenButton primary />
      {pictures.length > 0 && (
        <ul className="suggestions">
          {pictures.slice(0, 6).map((picture) => (
            <li key={picture.id}>
              <button
                type="button"
                className="suggestion"
                onClick={() =>
                  void openPicture(picture.image, { name: shownLabel(picture.label), classId: classOf(picture) })
                }
              >
                <span className="class-picture">
                  <BlobImage blob={picture.image} alt="" />
                </span>
                <span>{shownLabel(picture.label)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
