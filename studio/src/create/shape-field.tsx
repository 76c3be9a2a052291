import { type PointerEvent, useRef } from "react";
import type { ModelInfo } from "../backend/types.ts";
import { nearestSteps, type Shape, trainedPx } from "../state/plan.ts";
import { RATIOS, ratioOf, SIZES, shapeOf, snapped } from "../state/shapes.ts";
import { get, setForm, useStudio } from "../state/store.ts";
import { sizeName } from "../ui/format.ts";

/** Largest side that the dragged frame shows, to the trained side. */
const FRAME_MOST = 2;

/** Ratio and size presets, sides by number, and a frame to drag. */
export function ShapeField({ info }: { info: ModelInfo }) {
  const { width, height } = useStudio((state) => state.form);
  const shape = { width, height };
  const short = Math.min(width, height);
  const ratio = ratioOf(info, shape);
  const apply = (next: Shape): void => setForm({ ...next, steps: nearestSteps(info, next, get().form.steps) });
  return (
    <fieldset className="field">
      <legend>
        Shape <output className="value">{sizeName(shape)} px</output>
      </legend>
      <div className="ratios">
        {RATIOS.map((one) => (
          <label key={one.name} className="ratio" title={`${one.name}, width to height`}>
            <input
              type="radio"
              name="ratio"
              checked={ratio === one}
              onChange={() => apply(shapeOf(info, one, short))}
            />
            <span className="ratio-box" aria-hidden="true">
              <span
                style={{
                  aspectRatio: `${one.width} / ${one.height}`,
                  [one.width >= one.height ? "width" : "height"]: "100%",
                }}
              />
            </span>
            <span>{one.name}</span>
          </label>
        ))}
      </div>
      <div className="segments" data-fill="">
        {SIZES.map(({ name, factor }) => {
          const side = snapped(info, trainedPx(info) * factor);
          return (
            <label key={name} className="segment">
              <input
                type="radio"
                name="size"
                checked={short === side}
                onChange={() => apply(shapeOf(info, ratio ?? shape, side))}
              />
              <span>{name}</span>
            </label>
          );
        })}
      </div>
      <div className="free">
        <ShapeFrame info={info} shape={shape} apply={apply} />
        <div className="sides">
          <SideInput label="Width" value={width} info={info} onChange={(side) => apply({ width: side, height })} />
          <SideInput label="Height" value={height} info={info} onChange={(side) => apply({ width, height: side })} />
        </div>
      </div>
    </fieldset>
  );
}

interface SideProps {
  readonly label: string;
  readonly value: number;
  readonly info: ModelInfo;
  onChange(side: number): void;
}

function SideInput({ label, value, info, onChange }: SideProps) {
  const commit = (text: string): void => {
    const side = Number(text);
    if (Number.isFinite(side) && side > 0) onChange(snapped(info, side));
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
        step={info.factor}
        min={snapped(info, 0)}
        max={snapped(info, Number.MAX_SAFE_INTEGER)}
        onBlur={(event) => commit(event.target.value)}
        onKeyDown={(event) => event.key === "Enter" && commit(event.currentTarget.value)}
      />
    </label>
  );
}

/** The picture's outline; its corner is dragged. The numbers beside it do the same for the keyboard. */
function ShapeFrame({ info, shape, apply }: { info: ModelInfo; shape: Shape; apply(next: Shape): void }) {
  const ground = useRef<HTMLDivElement>(null);
  const most = trainedPx(info) * FRAME_MOST;
  const drag = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.type === "pointerdown") event.currentTarget.setPointerCapture(event.pointerId);
    else if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const { left, top, width } = ground.current!.getBoundingClientRect();
    const toPx = most / width;
    const side = (distance: number): number => snapped(info, Math.min(most, distance * toPx));
    apply({ width: side(event.clientX - left), height: side(event.clientY - top) });
  };
  const part = (side: number): string => `${Math.min(100, (100 * side) / most)}%`;
  return (
    <div className="frame-ground" ref={ground} onPointerDown={drag} onPointerMove={drag} aria-hidden="true">
      <div className="frame-trained" style={{ width: `${100 / FRAME_MOST}%`, height: `${100 / FRAME_MOST}%` }} />
      <div className="frame" style={{ width: part(shape.width), height: part(shape.height) }}>
        <span className="frame-handle" />
      </div>
    </div>
  );
}
