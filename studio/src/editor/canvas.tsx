import type Konva from "konva";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { Circle, Group, Image as KonvaImage, Layer, Line, Rect, Stage } from "react-konva";
import { contextOf, copyOf, type Margins, type Sheet, SIDES, type Side, withMargins } from "./document.ts";
import { editor, type Tool, useEditor } from "./editor-store.ts";
import { changeMask, setMargins } from "./history.ts";

type Point = readonly [x: number, y: number];

/** Free space around the canvas for its handles, in screen pixels. */
const ROOM = 44;
/** Handles add at most this share of the picture's side. */
const MOST_MARGIN = 1;
const INK = "#6d5cff";

/** The picture with its mask, painted by pointer or keys, its frame dragged wider by four handles. */
export function EditorCanvas({ sheet }: { sheet: Sheet }) {
  const tool = useEditor((state) => state.tool);
  const brush = useEditor((state) => state.brush);
  const holder = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState({ width: 320, height: 320 });
  const [gesture, setGesture] = useState<readonly Point[]>([]);
  const [pulled, setPulled] = useState<Margins>();
  const [cursor, setCursor] = useState<Point>();
  const shown = useMemo(() => (pulled ? withMargins(sheet, pulled) : sheet), [sheet, pulled]);
  const { image, mask, margins } = shown;

  useEffect(() => {
    const own = holder.current!;
    const watch = new ResizeObserver(() => setRoom({ width: own.clientWidth, height: own.clientHeight }));
    watch.observe(own);
    return () => watch.disconnect();
  }, []);

  // While an edge is dragged the scale stays, so that the edge follows the pointer.
  const scale = Math.max(
    0.2,
    Math.min((room.width - 2 * ROOM) / sheet.mask.width, (room.height - 2 * ROOM) / sheet.mask.height),
  );
  const left = (room.width - sheet.mask.width * scale) / 2 - (margins.left - sheet.margins.left) * scale;
  const top = (room.height - sheet.mask.height * scale) / 2 - (margins.top - sheet.margins.top) * scale;
  const inked = useMemo(() => tinted(mask), [mask]);

  const pointOf = (event: Konva.KonvaEventObject<PointerEvent>): Point | undefined => {
    const at = event.target.getStage()?.getPointerPosition();
    return at ? [(at.x - left) / scale, (at.y - top) / scale] : undefined;
  };
  const begin = (event: Konva.KonvaEventObject<PointerEvent>): void => {
    const point = pointOf(event);
    if (point && event.target.name() !== "handle") setGesture([point]);
  };
  const go = (event: Konva.KonvaEventObject<PointerEvent>): void => {
    const point = pointOf(event);
    if (!point) return;
    setCursor(point);
    if (gesture.length > 0) setGesture([...gesture, point]);
  };
  const end = (): void => {
    if (gesture.length > 0) paint(tool, brush, gesture);
    setGesture([]);
  };
  const keys = (event: KeyboardEvent): void => {
    const by = Math.max(1, Math.round(brush / 3));
    const [x, y] = cursor ?? [mask.width / 2, mask.height / 2];
    const step: Readonly<Record<string, Point>> = {
      ArrowLeft: [x - by, y],
      ArrowRight: [x + by, y],
      ArrowUp: [x, y - by],
      ArrowDown: [x, y + by],
    };
    const next = step[event.key];
    if (next) setCursor([Math.min(mask.width, Math.max(0, next[0])), Math.min(mask.height, Math.max(0, next[1]))]);
    else if (event.key === " ") paint(tool === "eraser" ? "eraser" : "brush", brush, [[x, y]]);
    else return;
    event.preventDefault();
  };
  const flat = gesture.flat();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a drawing surface has no element of its own.
    <div
      ref={holder}
      className="canvas"
      role="group"
      aria-label={`Canvas, ${mask.width} by ${mask.height} pixels. Arrow keys move the brush, Space paints.`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is painted on with the keys.
      tabIndex={0}
      onKeyDown={keys}
    >
      <Stage
        width={room.width}
        height={room.height}
        onPointerDown={begin}
        onPointerMove={go}
        onPointerUp={end}
        onPointerLeave={() => {
          end();
          setCursor(undefined);
        }}
      >
        <Layer>
          <Group x={left} y={top} scaleX={scale} scaleY={scale}>
            <Rect width={mask.width} height={mask.height} fill={INK} opacity={0.16} />
            <KonvaImage image={image} x={margins.left} y={margins.top} />
            <KonvaImage image={inked} opacity={0.55} />
            {gesture.length > 0 && tool !== "rect" && (
              <Line
                points={tool === "lasso" ? flat : flat.length === 2 ? [...flat, ...flat] : flat}
                closed={tool === "lasso"}
                fill={tool === "lasso" ? INK : ""}
                stroke={tool === "eraser" ? "#ffffff" : INK}
                strokeWidth={tool === "lasso" ? 1 / scale : brush}
                opacity={0.55}
                lineCap="round"
                lineJoin="round"
                listening={false}
              />
            )}
            {gesture.length > 0 && tool === "rect" && (
              <Rect {...box(gesture)} fill={INK} opacity={0.55} listening={false} />
            )}
            <Rect width={mask.width} height={mask.height} stroke={INK} strokeWidth={1.5 / scale} listening={false} />
            {cursor && (tool === "brush" || tool === "eraser") && (
              <Circle
                x={cursor[0]}
                y={cursor[1]}
                radius={brush / 2}
                stroke={INK}
                strokeWidth={1.5 / scale}
                listening={false}
              />
            )}
          </Group>
          {SIDES.map((side) => (
            <Handle
              key={side}
              side={side}
              frame={{ left, top, width: mask.width * scale, height: mask.height * scale }}
              onDrag={(pixels) => {
                const most = (side === "left" || side === "right" ? image.width : image.height) * MOST_MARGIN;
                const added = Math.round(Math.min(most, Math.max(0, sheet.margins[side] + pixels / scale)));
                setPulled({ ...sheet.margins, [side]: added });
              }}
              onEnd={() => {
                if (pulled) setMargins(pulled);
                setPulled(undefined);
              }}
            />
          ))}
        </Layer>
      </Stage>
    </div>
  );
}

interface HandleProps {
  readonly side: Side;
  readonly frame: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  /** Screen pixels outwards since the drag began. */
  onDrag(pixels: number): void;
  onEnd(): void;
}

/** A grip on one edge. The number fields beside the canvas do the same for the keyboard. */
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
      name="handle"
      x={x}
      y={y}
      width={w}
      height={h}
      cornerRadius={6}
      fill={INK}
      hitStrokeWidth={16}
      draggable
      onDragStart={(event) => {
        start.current = across ? event.evt.clientX : event.evt.clientY;
      }}
      onDragMove={(event) => {
        const now = across ? event.evt.clientX : event.evt.clientY;
        event.target.position({ x, y });
        onDrag(sign * (now - (start.current ?? now)));
      }}
      onDragEnd={onEnd}
    />
  );
}

/** The mask in one colour. */
function tinted(mask: HTMLCanvasElement): HTMLCanvasElement {
  const copy = copyOf(mask);
  const context = contextOf(copy);
  context.globalCompositeOperation = "source-in";
  context.fillStyle = INK;
  context.fillRect(0, 0, copy.width, copy.height);
  return copy;
}

function box(points: readonly Point[]): { x: number; y: number; width: number; height: number } {
  const [x0, y0] = points[0]!;
  const [x1, y1] = points.at(-1)!;
  return { x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) };
}

/** Puts a finished gesture on the mask. */
function paint(tool: Tool, brush: number, points: readonly Point[]): void {
  if (editor().at < 0) return;
  changeMask((context) => {
    context.globalCompositeOperation = tool === "eraser" ? "destination-out" : "source-over";
    context.fillStyle = "#000";
    context.strokeStyle = "#000";
    context.lineCap = "round";
    context.lineJoin = "round";
    context.lineWidth = brush;
    context.beginPath();
    if (tool === "rect") {
      const { x, y, width, height } = box(points);
      context.rect(x, y, width, height);
      context.fill();
      return;
    }
    const [first, ...rest] = points;
    context.moveTo(...first!);
    for (const point of rest) context.lineTo(...point);
    if (tool === "lasso") {
      context.closePath();
      context.fill();
    } else {
      if (rest.length === 0) context.lineTo(first![0] + 0.01, first![1]);
      context.stroke();
    }
  });
}
