/** Grips on the edges of the picture, which draw its canvas wider. */
import { useRef } from "react";
import { Rect } from "react-konva";
import { SIDES, type Side } from "./document.ts";
import type { Frame } from "./view.ts";

const INK = "#6d5cff";
/** What the pointer's handler tells grips from the rest by. */
export const HANDLE = "handle";

interface HandlesProps {
  /** The canvas, in screen pixels. */
  readonly frame: Frame;
  /** Screen pixels outwards since the drag began. */
  onDrag(side: Side, pixels: number): void;
  onEnd(): void;
}

/** A grip on each edge. The number fields beside the canvas do the same for the keyboard. */
export function Handles({ frame, onDrag, onEnd }: HandlesProps) {
  return SIDES.map((side) => (
    <Handle key={side} side={side} frame={frame} onDrag={(pixels) => onDrag(side, pixels)} onEnd={onEnd} />
  ));
}

interface HandleProps {
  readonly side: Side;
  readonly frame: Frame;
  onDrag(pixels: number): void;
  onEnd(): void;
}

function Handle({ side, frame, onDrag, onEnd }: HandleProps) {
  const start = useRef<number>(undefined);
  const across = side === "left" || side === "right";
  const [w, h] = across ? [12, 44] : [44, 12];
  const sign = side === "left" || side === "top" ? -1 : 1;
  /** Where the middle of the grip lies along one axis of the frame: beside the edge, or halfway along it. */
  const middle = (start: number, length: number, beside: boolean): number =>
    start + length / 2 + (beside ? sign * (length / 2 + 16) : 0);
  const x = middle(frame.left, frame.width, across) - w / 2;
  const y = middle(frame.top, frame.height, !across) - h / 2;
  return (
    <Rect
      name={HANDLE}
      x={x}
      y={y}
      width={w}
      height={h}
      cornerRadius={6}
      fill={INK}
      hitStrokeWidth={16}
      draggable
      onDragStart={(event) => {
        start.current = placeOf(event.evt, across);
      }}
      onDragMove={(event) => {
        const now = placeOf(event.evt, across);
        event.target.position({ x, y });
        onDrag(sign * (now - (start.current ?? now)));
      }}
      onDragEnd={onEnd}
    />
  );
}

/** Where a mouse or a finger is, along one axis. */
function placeOf(event: MouseEvent | TouchEvent, across: boolean): number {
  const at = "changedTouches" in event ? event.changedTouches[0]! : event;
  return across ? at.clientX : at.clientY;
}
