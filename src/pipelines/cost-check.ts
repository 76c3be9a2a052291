/** Whether a run fits into what it may take, and what would. */
import { OptionError } from "../errors/index.ts";
import type { PixelSize } from "../sampling/index.ts";
import { type CostModel, costSeconds, type RunCost, type WorkRate } from "./cost.ts";

/** What a run may take. */
export interface CostBudget {
  /** Most bytes of the whole process. */
  readonly memoryBytes: number;
  /** Bytes of the process that waits with its model open. */
  readonly idleBytes: number;
  readonly rate: WorkRate;
  /** Longest that a run may take, in seconds; no bound where left out. */
  readonly seconds?: number | undefined;
}

/** What runs of a model are checked with. */
export interface Costs {
  readonly model: CostModel;
  readonly budget: CostBudget;
}

/** Estimates may lie this far under what is then measured: nothing over the budget must be let in. */
const BYTES_MARGIN = 1.1;
/** Times are told within a factor of two: only what cannot end in time is refused. */
const SECONDS_MARGIN = 2;

/** Bytes of the process at the run's fullest. */
export const totalBytes = (cost: RunCost, { idleBytes }: Pick<CostBudget, "idleBytes">): number =>
  idleBytes + cost.bytes;

/** True where a run fits into the memory, however long it takes. */
export const fitsMemory = (cost: RunCost, { memoryBytes, idleBytes }: CostBudget): boolean =>
  idleBytes + BYTES_MARGIN * cost.bytes <= memoryBytes;
const fitsTime = (cost: RunCost, { rate, seconds }: CostBudget): boolean =>
  seconds === undefined || costSeconds(cost, rate) <= SECONDS_MARGIN * seconds;

/** True where a run may be let in. */
export const fitsBudget = (cost: RunCost, budget: CostBudget): boolean =>
  fitsMemory(cost, budget) && fitsTime(cost, budget);

/** Bytes for people: `1.6 GB`, `480 MB`; decimal, as `--memory` reads them. */
export function bytesText(bytes: number): string {
  const gigabytes = bytes / 1e9;
  if (gigabytes >= 0.9995) return `${gigabytes < 99.95 ? gigabytes.toFixed(1) : Math.round(gigabytes)} GB`;
  return `${Math.max(1, Math.round(bytes / 1e6))} MB`;
}

/** Seconds for people: `0.8 s`, `42 s`, `3 min`. */
function secondsText(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  return seconds < 119.5 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

/** One line about a run, before it begins. */
export const costText = (cost: RunCost, budget: CostBudget): string =>
  `about ${bytesText(totalBytes(cost, budget))} of memory, ${secondsText(costSeconds(cost, budget.rate))}`;

/** A run to be let in or refused. */
export interface CostRequest {
  /** The option that a refusal names, and what it says now. */
  readonly param: string;
  readonly given: string;
  readonly cost: RunCost;
  /** What would do instead, in words, for a test of costs; looked for only where the run is refused. */
  readonly instead?: (fits: (cost: RunCost) => boolean) => readonly string[];
}

/** Lets a run in. @throws OptionError naming the option, the bound, and what would do. */
export function checkCost({ param, given, cost, instead }: CostRequest, budget: CostBudget): void {
  if (fitsBudget(cost, budget)) return;
  const fits = (other: RunCost): boolean => fitsBudget(other, budget);
  const [expected, got] = fitsMemory(cost, budget)
    ? ([`a run of at most ${secondsText(budget.seconds!)}`, secondsText(costSeconds(cost, budget.rate))] as const)
    : ([
        `a run that takes at most ${bytesText(budget.memoryBytes)} of memory`,
        bytesText(totalBytes(cost, budget)),
      ] as const);
  const others = instead?.(fits) ?? [];
  const hint = others.length > 0 ? others.join(", or ") : "no smaller one would do";
  throw new OptionError(param, expected, `about ${got} for ${given}; ${hint}`);
}

/**
 * The largest size of a size's ratio that passes a test, its shorter side in steps of `unit` pixels; undefined where none does.
 * @param passes of two sizes of one ratio, the smaller passes where the larger does.
 */
export function largestSize(
  { width, height }: PixelSize,
  unit: number,
  passes: (size: readonly [width: number, height: number]) => boolean,
): readonly [width: number, height: number] | undefined {
  const short = Math.min(width, height);
  const sized = (units: number): readonly [number, number] => {
    const scale = Math.min(1, (units * unit) / short);
    const side = (pixels: number): number => Math.max(unit, unit * Math.floor((pixels * scale) / unit + 1e-9));
    return [side(width), side(height)];
  };
  let [low, high] = [0, Math.max(1, Math.ceil(short / unit))];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (passes(sized(middle))) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? undefined : sized(low);
}
