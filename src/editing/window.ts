/** Where the work on a picture happens: context windows around its holes, in an order. */
import type { PixelRect } from "../image/index.ts";
import type { PixelSize } from "../sampling/index.ts";
import { regionsOf } from "./regions.ts";

/** One painting of one part of the picture. */
export interface WindowPass {
  /** What the model sees, in pixels of the picture; may reach beyond its right and bottom edge, where the edge is repeated. */
  readonly rect: PixelRect;
  /** Size at which the model sees it, multiples of its factor; smaller than `rect` for drafts. */
  readonly work: { readonly width: number; readonly height: number };
  /** Hole pixels in here are painted by this pass. */
  readonly paste: PixelRect;
  /** True for a coarse painting that later passes paint over, guided by it. */
  readonly draft: boolean;
  /** How much coarser the draft under this window is: grids up to 1/zoom of its finest take their tokens from it. */
  readonly zoom?: number;
}

export interface WindowOptions {
  /** Pixels on a side of one token. */
  readonly factor: number;
  /** Side of a window, pixels; by default the side that the model was trained on. */
  readonly window: number;
  /** Kept pixels that a window shows around a hole at least, where there are any; a quarter of the window by default. */
  readonly padding?: number | undefined;
  /** The whole picture in one window. */
  readonly whole?: boolean | undefined;
}

/** A region whose window would be longer than this many times the trained side is drafted first, then painted in windows. */
const MOST_WINDOWS_WIDE = 2;

/**
 * Plans the passes over a picture. Pictures up to the window's side are one window. Else holes that fit a window together
 * share one; a hole that needs more grows its window up to {@link MOST_WINDOWS_WIDE} times; one larger still is drafted at
 * reduced size, its shorter side then being the window's, and painted over in windows that take their coarse scales from the draft.
 * @param hole [H, W], 1 = to paint, at least one.
 */
export function planWindows(hole: Uint8Array, width: number, height: number, options: WindowOptions): WindowPass[] {
  const { factor, window, padding = Math.round(window / 4), whole = false } = options;
  const up = (pixels: number): number => Math.ceil(pixels / factor) * factor;
  const all = { left: 0, top: 0, width, height };
  if (whole || (width <= window && height <= window)) {
    const work = { width: up(width), height: up(height) };
    return [{ rect: { left: 0, top: 0, ...work }, work, paste: all, draft: false }];
  }
  const around = (paste: PixelRect): PixelRect => {
    const [w, h] = [paste.width, paste.height].map((side, i) =>
      up(Math.min(Math.max(window, side + 2 * padding), i === 0 ? width : height)),
    ) as [number, number];
    return { ...placedAround(paste, w, h, { width, height }), width: w, height: h };
  };
  const most = MOST_WINDOWS_WIDE * window;
  return regionsOf(hole, width, height, window - 2 * padding).flatMap((paste): WindowPass[] => {
    const rect = around(paste);
    if (rect.width <= up(most) && rect.height <= up(most))
      return [{ rect, work: { width: rect.width, height: rect.height }, paste, draft: false }];
    const zoom = Math.max(
      1,
      Math.min(rect.width, rect.height) / window,
      Math.max(rect.width, rect.height) / (4 * window),
    );
    const draft: WindowPass = {
      rect,
      work: { width: up(rect.width / zoom), height: up(rect.height / zoom) },
      paste,
      draft: true,
    };
    const tiles = tilesOf(paste, Math.max(factor, window - 2 * padding)).map((tile): WindowPass => {
      const tileRect = around(tile);
      return {
        rect: tileRect,
        work: { width: tileRect.width, height: tileRect.height },
        paste: tile,
        draft: false,
        zoom,
      };
    });
    return [draft, ...tiles];
  });
}

/** Where a w×h window centred on a part lies, moved inside the picture where it fits. */
export function placedAround(
  part: PixelRect,
  w: number,
  h: number,
  { width, height }: PixelSize,
): { left: number; top: number } {
  const along = (begin: number, side: number, window: number, full: number): number =>
    Math.min(Math.max(0, Math.round(begin + side / 2 - window / 2)), Math.max(0, full - window));
  return { left: along(part.left, part.width, w, width), top: along(part.top, part.height, h, height) };
}

/** A part cut into equal tiles of at most `side` pixels, row by row. */
function tilesOf({ left, top, width, height }: PixelRect, side: number): PixelRect[] {
  const [columns, rows] = [Math.ceil(width / side), Math.ceil(height / side)];
  const edge = (i: number, n: number, full: number): number => Math.round((i * full) / n);
  return Array.from({ length: rows * columns }, (_, k) => {
    const [i, j] = [Math.floor(k / columns), k % columns];
    const [x, y] = [edge(j, columns, width), edge(i, rows, height)];
    return {
      left: left + x,
      top: top + y,
      width: edge(j + 1, columns, width) - x,
      height: edge(i + 1, rows, height) - y,
    };
  });
}
