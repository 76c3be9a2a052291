/** Training: objectives, optimiser, the loop with its state, and its trainees. Runs in Node. */
export { paperAdamW } from "./adamw.ts";
export {
  aboutSchema,
  augmentSchema,
  count,
  optimizerSchema,
  parseConfig,
  readConfig,
  runSchema,
  share,
} from "./config.ts";
export { type BatchStream, batchStream, openSplit, type SplitData } from "./data.ts";
export { runExperiment, type Setup, type TrainOptions } from "./experiment.ts";
export { arrayFeeds } from "./feeds.ts";
export { compareWithTraining, neighbourSheet } from "./neighbours.ts";
export { type OpenTokenizer, openTokenizer } from "./open-tokenizer.ts";
export { optimizerStep, stepOptionsOf } from "./optimizer.ts";
export { meanSquared } from "./pixel-losses.ts";
export {
  type EvaluationReport,
  type RunProgress,
  type RunResult,
  type SavedTrainee,
  type StepReport,
  traineeOf,
} from "./run.ts";
export { sequenceInputs } from "./sequences.ts";
export { freshStart } from "./start.ts";
export { type Json, listStates, loadState, type NamedArray, type TrainState } from "./state.ts";
export { slotsOf, stepProgram } from "./step.ts";
export { openStore, type StateStore } from "./store.ts";
export { paperTokenizerLoss, tokenizerTrainingSchema } from "./tokenizer-config.ts";
export { imageInput, tokenizerObjective } from "./tokenizer-objective.ts";
export { trainTokenizer } from "./tokenizer-trainer.ts";
export { transformerTrainingSchema } from "./transformer-config.ts";
export { crossEntropy, crossEntropyPerPosition, transformerObjective } from "./transformer-objective.ts";
export { trainTransformer } from "./transformer-trainer.ts";
