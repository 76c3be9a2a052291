/** Shapes of the tools, drawn on a mask the same way while the hand moves and when it is done. */
import type { Tool } from "./editor-store.ts";
import type { Frame, Point } from "./view.ts";

/** One movement of a tool. */
export interface Stroke {
  readonly tool: Tool;
  /** Diameter of brush and eraser, and all places, in pixels of the picture. */
  readonly width: number;
  readonly points: readonly Point[];
}

/** A frame that holds every pixel that a stroke changes. */
export function strokeFrame({ tool, width, points }: Stroke): Frame {
  const [across, down] = [points.map(([x]) => x), points.map(([, y]) => y)];
  // Edges are smoothed over one pixel.
  const by = 1 + (tool === "brush" || tool === "eraser" ? width / 2 : 0);
  const [left, top] = [least(across) - by, least(down) - by];
  return {
    left,
    top,
    width: -least(across.map((x) => -x)) + by - left,
    height: -least(down.map((y) => -y)) + by - top,
  };
}

const least = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.min(a, b));

/** Draws a stroke, opaque; the eraser takes away what is there. */
export function drawStroke(context: CanvasRenderingContext2D, { tool, width, points }: Stroke): void {
  const [first, ...rest] = points;
  if (first === undefined) return;
  context.save();
  context.globalCompositeOperation = tool === "eraser" ? "destination-out" : "source-over";
  context.fillStyle = "#000";
  context.strokeStyle = "#000";
  context.lineCap = "round";
  context.lineJoin = "round";
  context.lineWidth = width;
  context.beginPath();
  if (tool === "rect") {
    const [x, y] = points.at(-1)!;
    context.rect(Math.min(first[0], x), Math.min(first[1], y), Math.abs(x - first[0]), Math.abs(y - first[1]));
    context.fill();
  } else {
    context.moveTo(...first);
    for (const point of rest) context.lineTo(...point);
    // A line of no length would not be drawn.
    if (rest.length === 0) context.lineTo(first[0] + 0.01, first[1]);
    if (tool === "lasso") {
      context.closePath();
      context.fill();
    } else context.stroke();
  }
  context.restore();
}
