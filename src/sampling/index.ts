export * from "./entropy-temperature.ts";
export * from "./filters.ts";
export * from "./greedy.ts";
export * from "./grid.ts";
export * from "./guidance.ts";
export * from "./layout.ts";
export * from "./per-scale.ts";
export * from "./plan.ts";
export { expNegative, lnPositive } from "./portable-math.ts";
export { raceTime } from "./race.ts";
export * from "./random.ts";
export * from "./schedules.ts";
export {
  DEFAULT_STEPS,
  defaultSizes,
  possibleSteps,
  STEP_TABLES,
  type StepTable,
  sizesBeyond,
  TABLE_SIDE,
  tableSizes,
} from "./tables.ts";
