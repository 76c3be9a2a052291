/** Which scales a training step sees. */
import { defaultSizes, drawSchedule, type Grid, type Random } from "../sampling/index.ts";
import type { TransformerTraining } from "./transformer-config.ts";

type ScheduleSettings = TransformerTraining["schedules"];

/**
 * Draws `count` different grid sides below the native one, ascending: each from `preferred` with probability `preferredShare`,
 * else from the other sides of 1..native−1. Fewer where there are fewer.
 */
export function drawSmallScales(
  random: Random,
  native: number,
  count: number,
  preferred: readonly number[],
  preferredShare: number,
): number[] {
  const often = preferred.filter((side) => side < native);
  const seldom = Array.from({ length: native - 1 }, (_, i) => i + 1).filter((side) => !often.includes(side));
  const chosen: number[] = [];
  while (chosen.length < count && often.length + seldom.length > 0) {
    const wantOften = random.uniform() < preferredShare;
    const from = (wantOften && often.length > 0) || seldom.length === 0 ? often : seldom;
    chosen.push(...from.splice(random.int(from.length), 1));
  }
  return chosen.sort((a, b) => a - b);
}

/** The largest grid at a step (from 1) of `steps`: phases follow each other, the last one holds to the end. */
export function maxSideAt(step: number, steps: number, phases: ScheduleSettings["phases"]): number {
  let end = 0;
  for (const { share, maxSide } of phases) {
    end += share * steps;
    if (step <= end + 1e-9) return maxSide;
  }
  return phases.at(-1)!.maxSide;
}

/**
 * Draws a step's scales: the default table of sampling with probability `tableShare`, else the rule's; cut after the phase's
 * largest side. A prefix of scales trains exactly as it does in the whole list, since no token sees later scales.
 */
export function drawTrainingScales(
  random: Random,
  step: number,
  steps: number,
  side: number,
  settings: ScheduleSettings,
): Grid[] {
  const useTable = random.uniform() < settings.tableShare;
  const grids: readonly Grid[] = useTable
    ? defaultSizes(side).map((s): Grid => [s, s])
    : drawSchedule(settings.rule, random, {
        side,
        ...(settings.maxTokens === undefined ? {} : { maxTokens: settings.maxTokens }),
      });
  const most = maxSideAt(step, steps, settings.phases);
  return grids.filter(([h]) => h <= most);
}
