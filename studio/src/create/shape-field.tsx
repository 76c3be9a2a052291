import { type PointerEvent, useRef } from "react";
import type { ModelInfo } from "../backend/types.ts";
import { nearestSteps, RATIOS, ratioOf, type Shape, SIZES, shapeOf, snapped, trainedPx } from "../state/plan.ts";
import { get, setForm, useStudio } from "../state/store.ts";
import { Segments } from "../ui/controls.tsx";
import { sizeName } from "../ui/format.ts";
import { NumberField } from "../ui/number-field.tsx";

/** Largest side that the dragged frame shows, to the trained side. */
const FRAME_MOST = 2;

/** Ratio and size presets, sides by number, and a frame to drag. */
export function ShapeField({ info }: { info: ModelInfo }) {
  const { width, height } = useStudio((state) => state.form);
  const shape = { width, height };
  const short = Math.min(width, height);
  const ratio = ratioOf(info, shape);
  const apply = (next: Shape): void => setForm({ ...next, steps: nearestSteps(info, next, get().form.steps) });
  const allowed = (side: number): number => snapped(info, side);
  const limits = { min: allowed(0), max: allowed(Number.MAX_SAFE_INTEGER), step: info.factor, allowed };
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
      <Segments
        name="size"
        choices={SIZES.map(({ name, factor }) => ({ label: name, value: snapped(info, trainedPx(info) * factor) }))}
        chosen={short}
        onChoose={(side) => apply(shapeOf(info, ratio ?? shape, side))}
      />
      <div className="free">
        <ShapeFrame info={info} shape={shape} apply={apply} />
        <div className="sides">
          <NumberField label="Width" value={width} {...limits} onChange={(side) => apply({ width: side, height })} />
          <NumberField label="Height" value={height} {...limits} onChange={(side) => apply({ width, height: side })} />
        </div>
      </div>
    </fieldset>
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
