import { OptionError } from "../errors/index.ts";
import type { Grid } from "./grid.ts";
import type { Random } from "./random.ts";
import { DEFAULT_STEPS, defaultSizes, TABLE_SIDE } from "./tables.ts";

/** Rules by which training draws the list of scales of one step. */
export const SCHEDULE_RULES = ["paper", "released"] as const;
export type ScheduleRule = (typeof SCHEDULE_RULES)[number];

export interface ScheduleOptions {
  /** Trained side G: the last grid is G×G. 16 by default. */
  readonly side?: number;
  /** Largest number of tokens in all; that of the ten-step table (680 at 16) by default, Infinity for no cap. */
  readonly maxTokens?: number;
}

/** Tokens of square grids in all. */
function tokensOf(sizes: readonly number[]): number {
  return sizes.reduce((sum, s) => sum + s * s, 0);
}

/** `count` different members of low..high (both included), ascending. */
function drawSizes(rng: Random, low: number, high: number, count: number): number[] {
  const range = Array.from({ length: Math.max(0, high - low + 1) }, (_, i) => low + i);
  return rng
    .shuffle(range)
    .slice(0, count)
    .sort((a, b) => a - b);
}

function squares(sizes: readonly number[]): Grid[] {
  return sizes.map((s) => [s, s]);
}

/**
 * The paper's schedule (arXiv 2502.20313, section 3.3): at most ten steps, the first 1, the last G, eight different random sizes between.
 * Each of the middle ones is dropped with 5 %, four at most. Over the token cap, random middle ones go until it holds;
 * first and last always stay.
 * @throws OptionError when even the first and last grid exceed the cap.
 */
export function paperSchedule(rng: Random, options: ScheduleOptions = {}): Grid[] {
  const side = options.side ?? TABLE_SIDE;
  const cap = options.maxTokens ?? tokensOf(defaultSizes(side));
  if (side === 1) return squares([1]);
  if (1 + side * side > cap) {
    throw new OptionError("paperSchedule", `a cap of at least ${1 + side * side} tokens for side ${side}`, cap);
  }
  const middle = drawSizes(rng, 2, side - 1, DEFAULT_STEPS - 2);
  let dropped = 0;
  for (let i = middle.length - 1; i >= 0; i--) {
    const drop = rng.uniform() < 0.05;
    if (drop && dropped < 4) {
      middle.splice(i, 1);
      dropped++;
    }
  }
  while (tokensOf(middle) + 1 + side * side > cap) middle.splice(rng.int(middle.length), 1);
  return squares([1, ...middle, side]);
}

const RELEASED_CAP = 680;
const DROP_ABOVE = [0.9, 0.95, 0.98, 0.99] as const;

/**
 * The schedule of the released training script, defined for side 16 only: with 5 % the fixed ten; else 1, 2, five of
 * 3..10, two of 11..15 and 16. One draw x drops one, two, three, four of the sizes after the second and before the last
 * when above .90, .95, .98, .99. While there are more than 680 tokens one of the last four goes, 16 among them.
 */
export function releasedSchedule(rng: Random): Grid[] {
  const sizes =
    rng.uniform() < 0.05
      ? defaultSizes(TABLE_SIDE)
      : [1, 2, ...drawSizes(rng, 3, 10, 5), ...drawSizes(rng, 11, 15, 2), TABLE_SIDE];
  const x = rng.uniform();
  for (const threshold of DROP_ABOVE) {
    if (x > threshold) sizes.splice(2 + rng.int(sizes.length - 3), 1);
  }
  while (tokensOf(sizes) > RELEASED_CAP) sizes.splice(sizes.length - 4 + rng.int(4), 1);
  return squares(sizes);
}

/** Draws by a named rule. @throws OptionError for `released` with another side or cap than its own. */
export function drawSchedule(rule: ScheduleRule, rng: Random, options: ScheduleOptions = {}): Grid[] {
  switch (rule) {
    case "paper":
      return paperSchedule(rng, options);
    case "released": {
      const side = options.side ?? TABLE_SIDE;
      if (side !== TABLE_SIDE || (options.maxTokens ?? RELEASED_CAP) !== RELEASED_CAP) {
        throw new OptionError(
          "drawSchedule",
          `side 16 and ${RELEASED_CAP} tokens for the released rule`,
          `side ${side} and ${options.maxTokens ?? RELEASED_CAP} tokens`,
        );
      }
      return releasedSchedule(rng);
    }
    default:
      return rule satisfies never;
  }
}
