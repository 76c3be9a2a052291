import { OptionError } from "../errors/index.ts";
/** Side of the models that the published step tables were made for. */
export const TABLE_SIDE = 16;

/** Steps used when none are asked for. */
export const DEFAULT_STEPS = 10;

/** Which published table answers where two exist: the paper's, or the one in the authors' released script. */
export const STEP_TABLES = ["paper", "released"] as const;
export type StepTable = (typeof STEP_TABLES)[number];

/** Published grid sides for a trained side of 16 (paper, appendix; 14 steps: released script only). */
const PUBLISHED: Readonly<Record<number, readonly number[]>> = {
  6: [1, 2, 4, 6, 10, 16],
  7: [1, 2, 3, 5, 8, 11, 16],
  8: [1, 2, 3, 4, 6, 10, 13, 16],
  9: [1, 2, 3, 4, 5, 7, 10, 13, 16],
  10: [1, 2, 3, 4, 5, 6, 8, 10, 13, 16],
  11: [1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 16],
  12: [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16],
  13: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16],
  14: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16],
};

/** Where the released script's list differs from the paper's. */
const RELEASED: Readonly<Record<number, readonly number[]>> = {
  8: [1, 2, 3, 5, 7, 10, 13, 16],
};

const FEWEST = 6;
const MOST = 14;

function published(steps: number, table: StepTable): readonly number[] | undefined {
  return (table === "released" ? RELEASED[steps] : undefined) ?? PUBLISHED[steps];
}

/**
 * A published list carried over to another trained side: round(s·G/16), duplicates removed. The first size stays 1
 * for sides above 16 too, since every model starts from one token.
 */
function scaleTable(sizes: readonly number[], trainedSide: number): number[] {
  const scaled = sizes.map((s, i) => (i === 0 ? 1 : Math.max(1, Math.round((s * trainedSide) / TABLE_SIDE))));
  return [...new Set(scaled)];
}

/** The list used when no step count is asked for: the ten-step table carried over, however many sizes remain. */
export function defaultSizes(trainedSide: number, steps: number = DEFAULT_STEPS, table: StepTable = "paper"): number[] {
  const sizes = published(Math.min(Math.max(steps, FEWEST), MOST), table)!;
  return scaleTable(sizes, trainedSide);
}

/** Step counts that {@link tableSizes} can answer for a trained side, ascending. */
export function possibleSteps(trainedSide: number, table: StepTable = "paper"): number[] {
  const counts = new Set<number>();
  for (let n = FEWEST; n <= MOST; n++) counts.add(scaleTable(published(n, table)!, trainedSide).length);
  return [...counts].sort((a, b) => a - b);
}

/**
 * The grid sides of exactly `steps` steps up to the trained side. At 16 it is the published table. For other sides it is
 * the published table of that many steps carried over, or, where rounding merged some of its sizes, the next longer
 * table that leaves `steps` of them, else the next shorter one.
 * @param reserved steps that the caller adds beyond the trained side; only used in the error's numbers.
 * @throws OptionError naming the largest and the possible step counts.
 */
export function tableSizes(steps: number, trainedSide: number, table: StepTable = "paper", reserved = 0): number[] {
  const order = [];
  for (let n = Math.max(steps, FEWEST); n <= MOST; n++) order.push(n);
  for (let n = Math.min(steps - 1, MOST); n >= FEWEST; n--) order.push(n);
  for (const n of order) {
    const sizes = scaleTable(published(n, table)!, trainedSide);
    if (sizes.length === steps) return sizes;
  }
  const possible = possibleSteps(trainedSide, table).map((n) => n + reserved);
  throw new OptionError(
    "steps",
    `one of ${possible.join(", ")} (at most ${possible.at(-1)}) for a model trained to ` +
      `${trainedSide}x${trainedSide} grids${reserved ? ` at a size ${reserved} step(s) beyond` : ""}`,
    steps + reserved,
  );
}

/** Largest growth from one grid beyond the trained side to the next: 16 to 24, as published for 384 px. */
const BEYOND_RATIO = 1.5;

/**
 * Sides drawn after the trained one on the way to a larger `side`: as few steps as keep each growth within 1.5, spread
 * evenly in ratio. It yields the published 24 (384 px) and 23, 32 (512 px), and continues them to any other size.
 * Empty when `side` is not larger.
 */
export function sizesBeyond(trainedSide: number, side: number): number[] {
  if (side <= trainedSide) return [];
  const ratio = side / trainedSide;
  let count = 1;
  while (BEYOND_RATIO ** count < ratio - 1e-9) count++;
  const sizes = Array.from({ length: count }, (_, j) => Math.round(trainedSide * ratio ** ((j + 1) / count)));
  return [...new Set(sizes)].filter((s) => s > trainedSide);
}
