/** Training: objectives, optimiser, the loop with its state, and the two trainers. Runs in Node. */
export { type AdamWOptions, adamWScalarValues, adamWUpdate, clipFactor, globalNorm, paperAdamW } from "./adamw.ts";
export { aboutSchema, augmentSchema, optimizerSchema, parseConfig, readConfig, runSchema } from "./config.ts";
export { type BatchStream, batchStream, openSplit, type SplitData } from "./data.ts";
export { runExperiment, type TrainOptions } from "./experiment.ts";
export { arrayFeeds } from "./feeds.ts";
export {
  compareWithTraining,
  type Neighbour,
  type NeighbourOptions,
  nearestPictures,
  neighbourSheet,
  type TrainingComparison,
} from "./neighbours.ts";
export { crossEntropy, crossEntropyPerPosition } from "./objectives.ts";
export { type OpenTokenizer, openTokenizer } from "./open-tokenizer.ts";
export { optimizerStep, stepOptionsOf } from "./optimizer.ts";
export { meanSquared } from "./pixel-losses.ts";
export {
  type DisposableTrainee,
  type EvaluationReport,
  type RunOptions,
  type RunProgress,
  type RunResult,
  type SavedTrainee,
  type StepReport,
  traineeOf,
} from "./run.ts";
export { emaDecayAt, learningRate } from "./schedule.ts";
export { freshStart } from "./start.ts";
export { type Json, listStates, loadState, type NamedArray, type TrainState } from "./state.ts";
export { type StepOptions, slotsOf, stepProgram } from "./step.ts";
export { openStore, type StateStore } from "./store.ts";
export { positionPoolRows } from "./teacher.ts";
export { type TokenizerTraining, tokenizerTrainingSchema } from "./tokenizer-config.ts";
export {
  imageInput,
  paperTokenizerLoss,
  type TokenizerLossWeights,
  tokenizerObjective,
} from "./tokenizer-objective.ts";
export { trainTokenizer } from "./tokenizer-trainer.ts";
export { type TransformerTraining, transformerTrainingSchema } from "./transformer-config.ts";
export { sequenceInputs } from "./transformer-inputs.ts";
export { transformerObjective } from "./transformer-objective.ts";
export { trainTransformer } from "./transformer-trainer.ts";
