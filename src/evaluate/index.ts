/** Metrics of sets of pictures, and the files they are read from. Runs in Node. */
export { bootstrapMean, type Interval, percentileInterval, resampled, rowsAt } from "./bootstrap.ts";
export { type CodebookUsage, codebookUsage } from "./codebook-usage.ts";
export { type DoubleProduct, doubleProducts } from "./double-products.ts";
export type { FeatureExtractor, FeatureRows, PictureBytes } from "./features.ts";
export { frechetDistance } from "./frechet.ts";
export { inceptionScore } from "./inception-score.ts";
export { type KidOptions, kernelDistances } from "./kid.ts";
export { type Moments, type MomentsSum, momentsOf, sumMoments } from "./moments.ts";
export { psnr, ssim } from "./pixel-metrics.ts";
export { type PrecisionRecall, precisionRecall } from "./precision-recall.ts";
export {
  type ClassRecord,
  type EvaluationResult,
  type InputRecord,
  type MetricName,
  metricDirection,
  metricNames,
  type Protocol,
} from "./result.ts";
export { openSampleStore, type SampleStore, type SetPlan } from "./sample-store.ts";
export { readStatistics, type Statistics, writeStatistics } from "./statistics-file.ts";
