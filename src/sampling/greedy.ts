import { OptionError } from "../errors/index.ts";
import { formatGrid, type Grid, parseGrid, sameGrid } from "./grid.ts";
import { TABLE_SIDE } from "./tables.ts";

/**
 * Which scales take the likeliest token instead of a drawn one.
 * - `released`: the rule hidden in the authors' code (see {@link isGreedyScale}); for a trained side of 16 only.
 * - `none`: every scale is drawn.
 * - `list`: the scales named by the user. A `side` means every grid whose base size it is (n×n for squares), a `grid` that
 *   grid alone, `from` every grid of that base size or more.
 */
export type GreedyPolicy =
  | { readonly kind: "released" }
  | { readonly kind: "none" }
  | {
      readonly kind: "list";
      readonly sides: readonly number[];
      readonly grids: readonly Grid[];
      readonly from?: number;
    };

/** One scale as the policies see it. */
export interface GreedyScale {
  readonly grid: Grid;
  /** Side that stands for the grid (a plan's base size). */
  readonly baseSize: number;
  readonly trainedSide: number;
  /** Largest grid that the released rule draws; the trained side unless the user says otherwise. */
  readonly maxGrid: number;
}

/** Sides that the released code draws from; every other one it decodes greedily. */
const RELEASED_DRAWN: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 23, 24, 32]);

/**
 * Reads `released`, `none`, or a list of scales such as `16,23`, `4x6` or `13+` (plain `n`: base size, `HxW`: that grid, `n+`: that base
 * size and all above).
 * @throws OptionError naming the choices.
 */
export function parseGreedy(text: string): GreedyPolicy {
  const trimmed = text.trim();
  if (trimmed === "released" || trimmed === "none") return { kind: trimmed };
  const sides: number[] = [];
  const grids: Grid[] = [];
  let from = Number.POSITIVE_INFINITY;
  for (const part of trimmed.split(",")) {
    if (!/^\s*\d/.test(part)) {
      throw new OptionError("greedy", "released, none or a list of grids such as 16,23, 4x6 or 13+", `"${text}"`);
    }
    const above = /^\s*(\d+)\s*\+\s*$/.exec(part)?.[1];
    const grid = parseGrid(above ?? part, "greedy");
    if (above !== undefined) from = Math.min(from, grid[0]);
    else if (/[x×X]/.test(part)) grids.push(grid);
    else sides.push(grid[0]);
  }
  return { kind: "list", sides, grids, ...(from === Number.POSITIVE_INFINITY ? {} : { from }) };
}

/** The form that {@link parseGreedy} reads. */
export function formatGreedy(policy: GreedyPolicy): string {
  if (policy.kind !== "list") return policy.kind;
  const grids = policy.grids.map((grid) => (grid[0] === grid[1] ? `${grid[0]}x${grid[1]}` : formatGrid(grid)));
  const above = policy.from === undefined ? [] : [`${policy.from}+`];
  return [...policy.sides.map(String), ...grids, ...above].join(",");
}

/**
 * True where the scale takes the likeliest token. The released rule: base size above `maxGrid`, or not one of
 * 1 2 3 4 5 6 8 10 13 16 23 24 32.
 * @throws OptionError for the released rule with a trained side other than 16, where it has no meaning.
 */
export function isGreedyScale(policy: GreedyPolicy, scale: GreedyScale): boolean {
  switch (policy.kind) {
    case "none":
      return false;
    case "released":
      if (scale.trainedSide !== TABLE_SIDE) {
        throw new OptionError(
          "greedy",
          `none or a list of grids for a model trained to ${scale.trainedSide}x${scale.trainedSide} (released is defined for 16x16 only)`,
          "released",
        );
      }
      return scale.baseSize > scale.maxGrid || !RELEASED_DRAWN.has(scale.baseSize);
    case "list":
      return (
        policy.sides.includes(scale.baseSize) ||
        policy.grids.some((grid) => sameGrid(grid, scale.grid)) ||
        (policy.from !== undefined && scale.baseSize >= policy.from)
      );
    default:
      return policy satisfies never;
  }
}
