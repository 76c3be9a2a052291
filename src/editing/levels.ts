/** How a large picture is enlarged: sizes level by level, and the windows and scales of each. */
import type { Grid } from "../sampling/index.ts";

/** Windows begin at multiples of this many cells, so that they begin at whole cells of grids half and three quarters as fine too. */
export const QUANTUM = 4;

/** One enlargement of a large picture; the first is the picture that all others come from. */
export interface Level {
  /** Pixels, multiples of {@link QUANTUM} tokens (of one token: the first level). */
  readonly width: number;
  readonly height: number;
  /** How much larger than the level before. */
  readonly zoom: number;
  /** Cells of a window, and where windows begin, in cells: all `tops` by all `lefts`. */
  readonly side: Grid;
  readonly tops: readonly number[];
  readonly lefts: readonly number[];
  /** Grids that windows draw anew: half, three quarters and all of `side`, of those finer than the level before. */
  readonly scales: readonly Grid[];
}

export interface LevelOptions {
  /** Pixels on a side of one token. */
  readonly factor: number;
  /** Side of a window, pixels. */
  readonly window: number;
  /** Pixels that a window shows around the part that is its own; a quarter of the window by default. */
  readonly padding?: number | undefined;
}

/** Ratio of sides beyond which the first picture is longer than the model has seen. */
const LONGEST = 4;

/**
 * Levels of a picture of width × height pixels, coarse to fine. The first has the window's side as its shorter side, the others are twice the one
 * before, the last is the size asked for, brought up to whole quanta.
 */
export function tiledLevels(width: number, height: number, { factor, window, padding }: LevelOptions): Level[] {
  const cells = Math.max(QUANTUM, QUANTUM * Math.floor(window / factor / QUANTUM));
  const border = Math.floor((padding ?? window / 4) / factor);
  const stride = Math.max(QUANTUM, QUANTUM * Math.floor((cells - 2 * border) / QUANTUM));
  const whole = Math.max(1, Math.min(width, height) / window, Math.max(width, height) / (LONGEST * window));
  const up = (side: number, unit: number): number => Math.ceil(side / unit - 1e-9) * unit;
  const at = (zoom: number, unit: number) => ({ width: up(width / zoom, unit), height: up(height / zoom, unit) });
  const first = at(whole, factor);
  const levels: Level[] = [{ ...first, zoom: 1, side: [0, 0], tops: [], lefts: [], scales: [] }];
  for (let rest = whole; rest > 1; ) {
    const next = Math.max(1, rest / 2);
    const size = at(next, QUANTUM * factor);
    const full: Grid = [size.height / factor, size.width / factor];
    const side: Grid = [Math.min(cells, full[0]), Math.min(cells, full[1])];
    const zoom = rest / next;
    const scales = [1 / 2, 3 / 4, 1]
      .filter((part) => part * zoom > 1 + 1e-9)
      .map((part): Grid => [side[0] * part, side[1] * part]);
    levels.push({
      ...size,
      zoom,
      side,
      tops: begins(full[0], side[0], stride),
      lefts: begins(full[1], side[1], stride),
      scales,
    });
    rest = next;
  }
  return levels;
}

/** Begins of windows of `side` cells that cover `full`, at most `stride` apart and as even as quanta allow. */
function begins(full: number, side: number, stride: number): number[] {
  const last = full - side;
  const gaps = Math.ceil(last / stride);
  return Array.from({ length: gaps + 1 }, (_, i) =>
    gaps === 0 ? 0 : QUANTUM * Math.round((i * last) / gaps / QUANTUM),
  );
}
