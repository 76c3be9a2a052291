/** Metrics of sets of pictures, and the files they are read from. Runs in Node. */
export {
  bootstrapInterval,
  bootstrapMeans,
  DEFAULT_REPLICATES,
  defaultReplicates,
  type Interval,
  percentileInterval,
  resampled,
  wilsonInterval,
} from "./bootstrap.ts";
export {
  countGiven,
  joinTops,
  knownShares,
  largestOfRows,
  matchClasses,
  type TopClasses,
  topClasses,
  topOfRows,
  topScores,
} from "./class-scores.ts";
export { compareResults, type MetricDifference, overallVerdict } from "./compare.ts";
export { type DoubleProduct, doubleProducts } from "./double-products.ts";
export { type EvaluateOptions, evaluateSets } from "./evaluate.ts";
export { type Sides, sideBySide } from "./feature-set.ts";
export type { ClassGroup, DetailRows, FeatureExtractor, FeatureRows, PictureBytes } from "./features.ts";
export { frechetDistance, placedDistance } from "./frechet.ts";
export { inceptionScore } from "./inception-score.ts";
export { contentDigest, expectInput, needsFeatures } from "./input.ts";
export { kernelDistance } from "./kid.ts";
export {
  type Moments,
  momentsOf,
  type PlacedMoments,
  type PlacedRows,
  type PlacedSum,
  sumMoments,
  sumPlaced,
} from "./moments.ts";
export { codebookUsage } from "./pairs.ts";
export { psnr, ssim } from "./pixel-metrics.ts";
export { precisionRecall } from "./precision-recall.ts";

export {
  evaluateReconstructions,
  evaluateTokenizer,
} from "./reconstruction.ts";
export {
  type EvaluationResult,
  type InputRecord,
  isEvaluationResult,
  type MetricName,
  metricDirection,
  metricNames,
  type SetMetric,
  setMetrics,
} from "./result.ts";
export { openSampleStore } from "./sample-store.ts";

export { readStatistics, writeStatistics } from "./statistics-file.ts";
