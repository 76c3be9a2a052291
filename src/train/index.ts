/** Training: objectives, optimiser, the loop with its state, and the two trainers. Runs in Node. */
export { type AdamWOptions, adamWScalarValues, adamWUpdate, clipFactor, globalNorm, paperAdamW } from "./adamw.ts";
export { parseConfig, readConfig } from "./config.ts";
export { openSplit, type SplitData } from "./data.ts";
export type { TrainOptions } from "./experiment.ts";
export {
  compareWithTraining,
  type Neighbour,
  type NeighbourOptions,
  nearestPictures,
  neighbourSheet,
  type TrainingComparison,
} from "./neighbours.ts";
export { crossEntropy, crossEntropyPerPosition } from "./objectives.ts";
export type { RunOptions, RunResult } from "./run.ts";
export { listStates, loadState } from "./state.ts";
export { type TokenizerTraining, tokenizerTrainingSchema } from "./tokenizer-config.ts";
export { paperTokenizerLoss, type TokenizerLossWeights, tokenizerObjective } from "./tokenizer-objective.ts";
export { trainTokenizer } from "./tokenizer-trainer.ts";
export { type TransformerTraining, transformerTrainingSchema } from "./transformer-config.ts";
export { trainTransformer } from "./transformer-trainer.ts";
