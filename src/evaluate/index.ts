/** Metrics of sets of pictures, and the files they are read from. Runs in Node. */
export {
  bootstrapInterval,
  bootstrapMeans,
  type Interval,
  percentileInterval,
  resampled,
  rowsAt,
  wilsonInterval,
} from "./bootstrap.ts";
export { largestOfRows, matchClasses, topOfRows } from "./class-names.ts";
export { knownShares, topScores } from "./class-scores.ts";
export { type CodebookUsage, codebookUsage } from "./codebook-usage.ts";
export { compareResults, type MetricDifference, overallVerdict, type Verdict } from "./compare.ts";
export { type DetailRows, patchScales } from "./detail-set.ts";
export { contentDigest } from "./digest.ts";
export { type DoubleProduct, doubleProducts } from "./double-products.ts";
export { type EvaluateOptions, evaluateSets } from "./evaluate.ts";
export { type FeatureSet, formatSides, gatherFeatures, type Sides, sideBySide } from "./feature-set.ts";
export type { ClassGroup, FeatureExtractor, FeatureRows, PictureBytes } from "./features.ts";
export { frechetDistance } from "./frechet.ts";
export { inceptionScore, inceptionScoreReplicates } from "./inception-score.ts";
export { expectInput, needsFeatures } from "./input.ts";
export { type KernelDistance, kernelDistance } from "./kid.ts";
export { type Moments, type MomentsSum, momentsOf, sumMoments } from "./moments.ts";
export { comparePairs, type Pair } from "./pairs.ts";
export { psnr, ssim } from "./pixel-metrics.ts";
export { type PlacedMoments, type PlacedRows, type PlacedSum, placedDistance, sumPlaced } from "./placed.ts";
export { type PrecisionRecall, precisionRecall } from "./precision-recall.ts";
export { protocolConflicts } from "./protocol.ts";
export {
  evaluateReconstructions,
  evaluateTokenizer,
  type ReconstructionOptions,
  type Tokenizer,
} from "./reconstruction.ts";
export { DEFAULT_REPLICATES, defaultReplicates } from "./replicates.ts";
export {
  type ClassRecord,
  type EvaluationResult,
  type InputRecord,
  isEvaluationResult,
  type MetricName,
  metricDirection,
  metricNames,
  type Protocol,
  type SetMetric,
  setMetrics,
} from "./result.ts";
export { openSampleStore, type SampleStore, type SetPlan } from "./sample-store.ts";
export {
  compareSets,
  MOST_KID_ROWS,
} from "./set-metrics.ts";
export { readStatistics, type Statistics, writeStatistics } from "./statistics-file.ts";
export { joinTops, type TopClasses, topClasses } from "./top-classes.ts";
