/** Generation and the tasks around it, as event streams over opened networks. */

export * from "./best-of.ts";
export * from "./calibrate.ts";
export * from "./cost.ts";
export * from "./cost-check.ts";
export * from "./cost-fit.ts";
export * from "./cost-stages.ts";
export { cropFor } from "./crop.ts";
export * from "./edit.ts";
export * from "./flexvar.ts";
export * from "./forward.ts";
export * from "./guess.ts";
export { halfWeightNames, loadModelWeights } from "./half-programs.ts";
export * from "./likelihood.ts";
export * from "./model.ts";
export * from "./networks.ts";
export * from "./passes.ts";
export * from "./pictures.ts";
export * from "./programs.ts";
export * from "./resolve.ts";
export * from "./run.ts";
export * from "./sample.ts";
export * from "./settings.ts";
export * from "./tiled.ts";
