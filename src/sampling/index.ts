export * from "./entropy-temperature.ts";
export * from "./filters.ts";
export * from "./greedy.ts";
export * from "./grid.ts";
export * from "./guidance.ts";
export * from "./layout.ts";
export * from "./per-scale.ts";
export * from "./plan.ts";

export { raceTime } from "./race.ts";
export * from "./random.ts";
export * from "./schedules.ts";
export {
  defaultSizes,
  possibleSteps,
  STEP_TABLES,
  type StepTable,
  sizesBeyond,
} from "./tables.ts";
