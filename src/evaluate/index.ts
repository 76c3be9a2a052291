/** Metrics of sets of pictures, and the files they are read from. Runs in Node. */
export {
  bootstrapInterval,
  bootstrapMeans,
  type Interval,
  percentileInterval,
  resampled,
  wilsonInterval,
} from "./bootstrap.ts";
export { largestOfRows, matchClasses, topOfRows } from "./class-names.ts";
export { countGiven, knownShares, topScores } from "./class-scores.ts";
export { codebookUsage } from "./codebook-usage.ts";
export { compareResults, type MetricDifference, overallVerdict } from "./compare.ts";
export type { DetailRows } from "./detail-set.ts";
export { contentDigest } from "./digest.ts";
export { type DoubleProduct, doubleProducts } from "./double-products.ts";
export { type EvaluateOptions, evaluateSets } from "./evaluate.ts";
export { type Sides, sideBySide } from "./feature-set.ts";
export type { ClassGroup, FeatureExtractor, FeatureRows, PictureBytes } from "./features.ts";
export { frechetDistance } from "./frechet.ts";
export { inceptionScore } from "./inception-score.ts";
export { expectInput, needsFeatures } from "./input.ts";
export { kernelDistance } from "./kid.ts";
export { type Moments, momentsOf, sumMoments } from "./moments.ts";

export { psnr, ssim } from "./pixel-metrics.ts";
export { type PlacedMoments, type PlacedRows, type PlacedSum, placedDistance, sumPlaced } from "./placed.ts";
export { precisionRecall } from "./precision-recall.ts";

export {
  evaluateReconstructions,
  evaluateTokenizer,
} from "./reconstruction.ts";
export { DEFAULT_REPLICATES, defaultReplicates } from "./replicates.ts";
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
export { joinTops, type TopClasses, topClasses } from "./top-classes.ts";
