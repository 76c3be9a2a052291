import { type KeyboardEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Group, Image as KonvaImage, Layer, Rect, Stage } from "react-konva";
import { type Margins, maskBounds, type Sheet, type Side, shownScale, withMargins } from "./document.ts";
import { brushPixels, editor, useEditor } from "./editor-store.ts";
import type { Effect } from "./gesture.ts";
import { HANDLE, Handles } from "./handles.tsx";
import { changeMask, setMargins } from "./history.ts";
import { MASK_TINT, MaskInk } from "./mask-ink.ts";
import { drawStroke, type Stroke, strokeFrame } from "./stroke.ts";
import { useHand } from "./use-hand.ts";
import { type Frame, type Point, toPicture, toScreen, unionOf, type View } from "./view.ts";
import { fit, panBy, shownView, useViewport } from "./viewport.ts";
import { ZoomBar } from "./zoom-bar.tsx";

/** Handles add at most this share of the picture's side. */
const MOST_MARGIN = 1;
/** From here on pixels of the picture are shown as squares. */
const SQUARES_FROM = 3;

/** The picture with its mask, painted by pointer or keys, looked at from near or far, its frame dragged wider by four handles. */
export function EditorCanvas({ sheet }: { sheet: Sheet }) {
  const holder = useRef<HTMLDivElement>(null);
  const overHandle = useRef(false);
  const [stroke, follow] = useStroke();
  const [cursor, setCursor] = useState<Point>();
  const [pulled, setPulled] = useState<Margins>();
  const shown = useMemo(() => (pulled ? withMargins(sheet, pulled) : sheet), [sheet, pulled]);
  const { image, mask } = shown;
  const view = useView(sheet, holder);
  const room = useViewport((state) => state.room);
  const brush = brushPixels(useEditor(), view.scale, shownScale(sheet));

  const listeners = useHand(holder, () => overHandle.current, {
    onStroke: (effect) => follow(effect, view),
    onHover: (at) => setCursor(at && toPicture(view, at)),
    onSpace: () => paint({ tool: editor().tool === "eraser" ? "eraser" : "brush", width: brush, points: [reached()] }),
  });
  /** Where the keys' brush is: where it was last, or in the middle. */
  const reached = (): Point => cursor ?? [image.width / 2, image.height / 2];
  const keys = (event: KeyboardEvent): void => {
    const arrow = ARROWS[event.key];
    if (arrow === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (event.shiftKey) {
      panBy(-arrow[0] * PAN, -arrow[1] * PAN);
      return;
    }
    const by = Math.max(1 / view.scale, brush / 3);
    const next = stepped(reached(), arrow, by, shown);
    setCursor(next);
    bringIntoSight(toScreen(view, next), room);
  };
  return (
    <div className="easel">
      {/* biome-ignore lint/a11y/useSemanticElements: a drawing surface has no element of its own. */}
      <div
        ref={holder}
        className="canvas"
        role="group"
        aria-label={`Canvas, ${mask.width} by ${mask.height} pixels. Arrow keys move the brush, Space paints.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is painted on with the keys.
        tabIndex={0}
        onKeyDown={keys}
        {...listeners}
      >
        <Stage
          width={room.width}
          height={room.height}
          onPointerDown={({ target }) => {
            overHandle.current = target.name() === HANDLE;
          }}
        >
          <Layer imageSmoothingEnabled={view.scale < SQUARES_FROM} listening={sheet.photo === undefined}>
            <Group x={view.x} y={view.y} scaleX={view.scale} scaleY={view.scale} listening={false}>
              <Rect {...placed(frameOf(shown))} fill={MASK_TINT} opacity={0.16} />
              <KonvaImage image={image} />
              <Rect {...placed(frameOf(shown))} stroke={MASK_TINT} strokeWidth={1.5 / view.scale} />
            </Group>
            {sheet.photo === undefined && (
              <Handles
                frame={onScreen(frameOf(shown), view)}
                onDrag={(side, pixels) => setPulled(pulledOut(sheet, side, pixels / view.scale))}
                onEnd={() => {
                  if (pulled) setMargins(pulled);
                  setPulled(undefined);
                }}
              />
            )}
          </Layer>
        </Stage>
        <MaskOverlay sheet={shown} stroke={stroke} view={view} />
        <BrushCursor at={cursor && toScreen(view, cursor)} diameter={brush * view.scale} />
      </div>
      <ZoomBar />
    </div>
  );
}

/** Screen pixels that Shift and an arrow key move the picture by. */
const PAN = 60;

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The view in force. A picture of another size is shown whole; the room follows the element. */
function useView(sheet: Sheet, holder: React.RefObject<HTMLDivElement | null>): View {
  const { width, height } = sheet.image;
  useLayoutEffect(() => useViewport.setState({ frame: frameOf(sheet), shrink: shownScale(sheet) }), [sheet]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the size stands for another picture.
  useEffect(fit, [width, height]);
  useEffect(() => {
    const own = holder.current!;
    const measure = () =>
      useViewport.setState({ room: { width: Math.max(1, own.clientWidth), height: Math.max(1, own.clientHeight) } });
    const watch = new ResizeObserver(measure);
    watch.observe(own);
    return () => watch.disconnect();
  }, [holder]);
  return shownView(useViewport());
}

/** The mask over the picture, with the stroke that is being drawn. */
function MaskOverlay({ sheet, stroke, view }: { sheet: Sheet; stroke: Stroke | undefined; view: View }) {
  const room = useViewport((state) => state.room);
  const ink = useMemo(() => new MaskInk(), []);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current!.replaceChildren(ink.canvas), [ink]);
  useEffect(() => {
    const { mask, margins } = sheet;
    const edges = { ratio: devicePixelRatio, edged: stroke === undefined };
    const bounds = unionOf(maskBounds(sheet), stroke && strokeFrame(stroke));
    const draw = (context: CanvasRenderingContext2D): void => {
      context.drawImage(mask, -margins.left, -margins.top);
      if (stroke === undefined) return;
      context.beginPath();
      context.rect(-margins.left, -margins.top, mask.width, mask.height);
      context.clip();
      drawStroke(context, stroke);
    };
    const frame = requestAnimationFrame(() => ink.render(room, view, edges, { bounds, draw }));
    return () => cancelAnimationFrame(frame);
  }, [ink, room, view, sheet, stroke]);
  return <div className="mask-ink" aria-hidden="true" ref={place} />;
}

/** The brush, as large as it paints: a light and a dark line. */
function BrushCursor({ at, diameter }: { at: Point | undefined; diameter: number }) {
  const tool = useEditor((state) => state.tool);
  if (at === undefined || (tool !== "brush" && tool !== "eraser")) return null;
  const side = Math.max(4, diameter);
  return (
    <div
      className="brush-cursor"
      aria-hidden="true"
      style={{ width: side, height: side, transform: `translate(${at[0] - side / 2}px, ${at[1] - side / 2}px)` }}
    />
  );
}

/** The canvas of a sheet: the picture begins at 0, what lies beyond it before that. */
const frameOf = ({ mask: { width, height }, margins }: Sheet): Frame => ({
  left: -margins.left,
  top: -margins.top,
  width,
  height,
});

const placed = ({ left, top, width, height }: Frame) => ({ x: left, y: top, width, height });

function onScreen({ left, top, width, height }: Frame, view: View): Frame {
  const [x, y] = toScreen(view, [left, top]);
  return { left: x, top: y, width: width * view.scale, height: height * view.scale };
}

function pulledOut({ image, margins }: Sheet, side: Side, pixels: number): Margins {
  const most = (side === "left" || side === "right" ? image.width : image.height) * MOST_MARGIN;
  return { ...margins, [side]: Math.round(Math.min(most, Math.max(0, margins[side] + pixels))) };
}

/** A step of the keys' brush, on the picture and what lies beyond it. */
function stepped([x, y]: Point, [dx, dy]: Point, by: number, { image, margins }: Sheet): Point {
  const within = (place: number, before: number, length: number, after: number): number =>
    Math.min(length + after, Math.max(-before, place));
  return [
    within(x + dx * by, margins.left, image.width, margins.right),
    within(y + dy * by, margins.top, image.height, margins.bottom),
  ];
}

/** Moves the picture so that the keys' brush can be seen. */
function bringIntoSight([x, y]: Point, { width, height }: { width: number; height: number }): void {
  const beyond = (place: number, side: number): number =>
    place < PAN ? PAN - place : place > side - PAN ? side - PAN - place : 0;
  const [dx, dy] = [beyond(x, width), beyond(y, height)];
  if ((dx !== 0 || dy !== 0) && useViewport.getState().view !== undefined) panBy(dx, dy);
}

type StrokeEffect = Extract<Effect, { kind: "begin" | "draw" | "finish" | "discard" }>;

/** The stroke that is being drawn; a finished one is put on the mask. */
function useStroke(): [Stroke | undefined, (effect: StrokeEffect, view: View) => void] {
  const [shown, show] = useState<Stroke>();
  // Several events may come before the page is drawn again.
  const now = useRef<Stroke>(undefined);
  const follow = (effect: StrokeEffect, view: View): void => {
    const before = now.current;
    now.current = nextStroke(before, effect, view);
    show(now.current);
    if (effect.kind === "finish" && before !== undefined) paint(before);
  };
  return [shown, follow];
}

function nextStroke(stroke: Stroke | undefined, effect: StrokeEffect, view: View): Stroke | undefined {
  if (effect.kind === "begin") {
    const { tool } = editor();
    return {
      tool,
      width: brushPixels(editor(), view.scale, useViewport.getState().shrink),
      points: [toPicture(view, effect.at)],
    };
  }
  if (stroke === undefined || effect.kind !== "draw") return undefined;
  return { ...stroke, points: [...stroke.points, toPicture(view, effect.at)] };
}

/** Puts a finished stroke on the mask. */
function paint(stroke: Stroke): void {
  const sheet = editor().sheets[editor().at];
  if (sheet === undefined) return;
  const { left, top } = sheet.margins;
  const frame = strokeFrame(stroke);
  const part = { ...frame, left: frame.left + left, top: frame.top + top };
  changeMask(
    (context) => {
      context.translate(left, top);
      drawStroke(context, stroke);
    },
    { part, adds: stroke.tool !== "eraser" },
  );
}
