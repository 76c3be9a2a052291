/** Training: objectives, optimiser, the loop with its state, and the two trainers. Runs in Node. */
export { adamWScalarValues, adamWUpdate, clipFactor, globalNorm, paperAdamW } from "./adamw.ts";
export { aboutSchema, augmentSchema, optimizerSchema, parseConfig, readConfig, runSchema } from "./config.ts";
export { type BatchStream, batchStream, openSplit, type SplitData } from "./data.ts";
export { type DisposableTrainee, runExperiment, type TrainOptions } from "./experiment.ts";
export {
  compareWithTraining,
  neighbourSheet,
} from "./neighbours.ts";
export { crossEntropy, crossEntropyPerPosition } from "./objectives.ts";
export { type OpenTokenizer, openTokenizer } from "./open-tokenizer.ts";
export { meanSquared } from "./pixel-losses.ts";
export type { EvaluationReport, RunProgress, RunResult, StepReport } from "./run.ts";
export { emaDecayAt, learningRate } from "./schedule.ts";
export { createSlots, type NamedArray } from "./slots.ts";
export { freshStart } from "./start.ts";
export { type Json, listStates, loadState, type TrainState } from "./state.ts";
export { type StepOptions, slotsOf, stepProgram } from "./step.ts";
export { tokenizerTrainingSchema } from "./tokenizer-config.ts";
export {
  imageInput,
  paperTokenizerLoss,
  tokenizerObjective,
} from "./tokenizer-objective.ts";
export { trainTokenizer } from "./tokenizer-trainer.ts";
export { transformerTrainingSchema } from "./transformer-config.ts";
export { sequenceInputs } from "./transformer-inputs.ts";
export { transformerObjective } from "./transformer-objective.ts";
export { trainTransformer } from "./transformer-trainer.ts";
