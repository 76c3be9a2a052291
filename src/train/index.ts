/** Training: objectives, optimiser, the loop with its state, and its trainees. Runs in Node. */

export * from "./adamw.ts";
export * from "./config.ts";
export * from "./data.ts";
export * from "./experiment.ts";
export * from "./feeds.ts";
export * from "./neighbours.ts";
export * from "./open-tokenizer.ts";
export * from "./optimizer.ts";
export * from "./pixel-losses.ts";
export * from "./resume.ts";
export * from "./run.ts";
export * from "./sequences.ts";
export * from "./start.ts";
export * from "./state.ts";
export * from "./step.ts";
export * from "./store.ts";
export * from "./tokenizer-config.ts";
export * from "./tokenizer-objective.ts";
export * from "./tokenizer-trainer.ts";
export * from "./transformer-config.ts";
export * from "./transformer-objective.ts";
export * from "./transformer-trainer.ts";
