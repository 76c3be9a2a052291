/** How the mask is shown: colours that can be told from any picture, on a canvas as large as the part of the screen that the mask takes. */
import type { Frame, Point, Size, View } from "./view.ts";

/** The tint, and two lines of which one stands out wherever the other does not: their luminances are far apart. */
export const MASK_TINT = "#6d5cff";
export const MASK_LIGHT = "#ffffff";
export const MASK_DARK = "#14102b";
/** How opaque the tint lies on the picture. */
const TINT_ALPHA = 0.42;
/** Screen pixels of one line, and from one pair of stripes to the next. */
const LINE = 1.5;
const STRIPES = 14;

type Rgb = readonly [red: number, green: number, blue: number];

export const rgbOf = (hex: string): Rgb =>
  [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;

/** Relative luminance of a colour of bytes, 0 to 1 (WCAG 2.2). */
function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((byte) => {
    const part = byte / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast of two colours, 1 to 21 (WCAG 2.2). */
export function contrast(one: Rgb, other: Rgb): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** Where a mask has something, and how it is drawn: opaque, in pixels of the picture. */
interface Shape {
  /** Undefined where nothing is masked. */
  readonly bounds: Frame | undefined;
  draw(context: CanvasRenderingContext2D): void;
}

/** A mask as the screen shows it: a tint with stripes, and an edge of a light and a dark line. Lines keep their width at any zoom. */
export class MaskInk {
  readonly canvas = document.createElement("canvas");
  private readonly shape = document.createElement("canvas");
  private readonly wide = document.createElement("canvas");
  private stripes: CanvasPattern | undefined;

  /**
   * Draws anew.
   * @param ratio of the screen's own pixels to CSS pixels.
   * @param edged whether with its edge, which takes most of the time: left out while the hand moves.
   */
  render(
    room: Size,
    view: View,
    { ratio, edged }: { readonly ratio: number; readonly edged: boolean },
    { bounds, draw }: Shape,
  ): void {
    const [width, height] = [Math.max(1, Math.round(room.width * ratio)), Math.max(1, Math.round(room.height * ratio))];
    const scale = view.scale * ratio;
    const part = bounds && seenPart(bounds, scale, [view.x * ratio, view.y * ratio], { width, height });
    // A canvas as large as the screen's takes time even where it is empty.
    const context = cleared(this.canvas, part?.width ?? 1, part?.height ?? 1);
    if (part === undefined) return;
    const placed = { left: part.left, top: part.top, width: part.width, height: part.height };
    for (const [name, pixels] of Object.entries(placed)) this.canvas.style.setProperty(name, `${pixels / ratio}px`);
    const shape = cleared(this.shape, part.width, part.height);
    shape.setTransform(scale, 0, 0, scale, view.x * ratio - part.left, view.y * ratio - part.top);
    shape.imageSmoothingEnabled = scale < 2;
    shape.save();
    draw(shape);
    shape.restore();
    shape.setTransform(1, 0, 0, 1, 0, 0);
    if (edged) {
      this.edge(context, 2 * LINE * ratio, MASK_DARK);
      this.edge(context, LINE * ratio, MASK_LIGHT);
      context.globalCompositeOperation = "destination-out";
      context.drawImage(this.shape, 0, 0);
      context.globalCompositeOperation = "source-over";
    }
    shape.globalCompositeOperation = "source-in";
    this.stripes ??= shape.createPattern(stripeTile(ratio), "repeat")!;
    shape.fillStyle = this.stripes;
    // Stripes stay with the screen, so that they do not run while the mask grows.
    shape.translate(-part.left, -part.top);
    shape.fillRect(part.left, part.top, part.width, part.height);
    context.drawImage(this.shape, 0, 0);
  }

  /** What is masked, wider by some pixels, in one colour. */
  private edge(context: CanvasRenderingContext2D, by: number, colour: string): void {
    const { width, height } = this.shape;
    const own = cleared(this.wide, width, height);
    for (const [x, y] of [
      [-by, 0],
      [by, 0],
      [0, -by],
      [0, by],
    ] as const)
      own.drawImage(this.shape, x, y);
    own.globalCompositeOperation = "source-in";
    own.fillStyle = colour;
    own.fillRect(0, 0, width, height);
    context.drawImage(this.wide, 0, 0);
  }
}

/** The part of the screen that bounds of the picture take, with room for the edge; undefined where they are out of sight. */
function seenPart(bounds: Frame, scale: number, [x, y]: Point, room: Size): Frame | undefined {
  const margin = 4 * LINE;
  const left = Math.max(0, Math.floor(bounds.left * scale + x - margin));
  const top = Math.max(0, Math.floor(bounds.top * scale + y - margin));
  const width = Math.min(room.width, Math.ceil((bounds.left + bounds.width) * scale + x + margin)) - left;
  const height = Math.min(room.height, Math.ceil((bounds.top + bounds.height) * scale + y + margin)) - top;
  return width > 0 && height > 0 ? { left, top, width, height } : undefined;
}

function cleared(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d")!;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.globalCompositeOperation = "source-over";
  context.clearRect(0, 0, width, height);
  return context;
}

/** One repeat of the stripes: the tint, a light and a dark line side by side. */
function stripeTile(ratio: number): HTMLCanvasElement {
  const side = Math.round(STRIPES * ratio);
  const tile = document.createElement("canvas");
  const context = cleared(tile, side, side);
  context.globalAlpha = TINT_ALPHA;
  context.fillStyle = MASK_TINT;
  context.fillRect(0, 0, side, side);
  context.globalAlpha = 1;
  context.lineWidth = ratio;
  for (const [colour, shift] of [
    [MASK_LIGHT, 0],
    [MASK_DARK, ratio * 1.4],
  ] as const) {
    context.strokeStyle = colour;
    context.beginPath();
    for (const from of [-side, 0, side]) {
      context.moveTo(from + shift - 2, side + 2);
      context.lineTo(from + side + shift + 2, -2);
    }
    context.stroke();
  }
  return tile;
}
