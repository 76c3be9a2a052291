/** Which list of scales a training step sees. */
import { defaultSizes, drawSchedule, type Grid, type Random, type ScheduleRule } from "../sampling/index.ts";

export interface ScheduleSettings {
  readonly rule: ScheduleRule;
  readonly tableShare: number;
  readonly maxTokens?: number | undefined;
  readonly phases: readonly { readonly share: number; readonly maxSide: number }[];
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
