import { OptionError } from "../errors/index.ts";
/** A token grid as matrices are written: rows, then columns. */
export type Grid = readonly [h: number, w: number];

/** Largest number of cells along one side of any grid that is accepted. */
export const MAX_GRID_SIDE = 1024;

/** Number of tokens of one grid. */
export function gridTokens([h, w]: Grid): number {
  return h * w;
}

/** True where both grids have the same rows and columns. */
export function sameGrid(a: Grid, b: Grid): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

/** `n` for a square grid, `HxW` for any other: the form that {@link parseGrid} reads. */
export function formatGrid([h, w]: Grid): string {
  return h === w ? String(h) : `${h}x${w}`;
}

/** The form that {@link parseScales} reads, such as `1,2,4x6`. */
export function formatScales(grids: readonly Grid[]): string {
  return grids.map(formatGrid).join(",");
}

/**
 * The square side that stands for a grid given by hand: round(√(h·w)). It is what the guidance ramp and the greedy
 * rule compare with the trained side.
 */
export function equivalentSide([h, w]: Grid): number {
  return Math.round(Math.sqrt(h * w));
}

/** Reads `N` (square) or `AxB`, as grids and sizes are written; undefined for any other text. */
export function parsePair(text: string): [first: number, second: number] | undefined {
  const match = /^\s*(\d{1,9})(?:\s*[x×X]\s*(\d{1,9}))?\s*$/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2] ?? match[1])];
}

/**
 * Reads one grid: `n` (square) or `HxW`.
 * @throws OptionError naming `where` when the text is not a grid of 1..{@link MAX_GRID_SIDE} cells a side.
 */
export function parseGrid(text: string, where = "grid"): Grid {
  const pair = parsePair(text);
  if (!pair) throw new OptionError(where, "a grid such as 4 or 4x6 (rows x columns)", `"${text}"`);
  return checkGrid(pair, where);
}

/**
 * Reads a list of grids such as `1,2,4x6` (square `n` or `HxW`, separated by commas), coarse to fine as written.
 * @throws OptionError naming `where` when the list is empty or an entry is not a grid.
 */
export function parseScales(text: string, where = "scales"): Grid[] {
  if (text.trim() === "") throw new OptionError(where, "a list of grids such as 1,2,4x6", "an empty text");
  return checkGrids(
    text.split(",").map((part) => parseGrid(part, where)),
    where,
  );
}

/** Returns the grid when both sides are whole numbers in 1..{@link MAX_GRID_SIDE}; throws OptionError otherwise. */
export function checkGrid(grid: Grid, where = "grid"): Grid {
  for (const side of grid) {
    if (!Number.isInteger(side) || side < 1 || side > MAX_GRID_SIDE) {
      throw new OptionError(where, `grid sides from 1 to ${MAX_GRID_SIDE}`, `${grid[0]}x${grid[1]}`);
    }
  }
  return grid;
}

/** Returns the list when it holds 1..64 valid grids; throws OptionError otherwise. */
export function checkGrids(grids: readonly Grid[], where = "scales"): Grid[] {
  if (grids.length < 1 || grids.length > 64) {
    throw new OptionError(where, "1 to 64 grids", grids.length);
  }
  return grids.map((grid) => checkGrid(grid, where));
}
