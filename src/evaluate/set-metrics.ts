/** Metrics of one set of pictures against another, each with its bootstrap interval. */
import { createRandom, type Random } from "../sampling/index.ts";
import { bootstrapInterval, bootstrapMeans, rowsAt } from "./bootstrap.ts";
import { detailMetrics, detailScores } from "./detail-scores.ts";
import type { DetailSet } from "./detail-set.ts";
import type { DoubleProduct } from "./double-products.ts";
import type { FeatureSet } from "./feature-set.ts";
import { frechetScore } from "./frechet-score.ts";
import { inceptionScore, inceptionScoreReplicates } from "./inception-score.ts";
import { kernelDistance } from "./kid.ts";
import type { Moments } from "./moments.ts";
import { precisionRecall, recallReplicates } from "./precision-recall.ts";
import { DEFAULT_REPLICATES, defaultReplicates } from "./replicates.ts";
import type { SetMetric } from "./result.ts";
import { missingScore, type Score, type Scores, within } from "./scores.ts";

/** The reference side: statistics alone, or rows as well. */
export interface Reference {
  readonly moments: Moments;
  readonly spatialMoments: Moments | undefined;
  readonly features: Float32Array | undefined;
  readonly details: DetailSet | undefined;
}

export interface SetMetricOptions {
  readonly metrics: readonly SetMetric[];
  /** Replicates of each interval; by default 200, for Fréchet distances `defaultReplicates` of the features' width. */
  readonly bootstrap?: number | undefined;
  readonly seed: number;
  /** Whether pictures come in an order that says nothing (files by class do not): consecutive parts are then drawn anew. */
  readonly shuffle: boolean;
  readonly product: DoubleProduct;
  /** Told before each metric how many are done. */
  readonly onMetric?: ((metric: SetMetric, done: number) => void) | undefined;
}

/** Rows that KID compares at most on each side, chosen by seed: its cost grows with their product. */
const MOST_KID_ROWS = 10_000;

/** k of the k-th nearest neighbour in precision and recall (Kynkäänniemi et al. 2019). */
const NEIGHBOUR = 3;
/** Parts of the Inception Score. */
const SPLITS = 10;

/**
 * Distances of `drawn` from the reference. Replicates resample the drawn pictures, the reference stays: a file of statistics is
 * taken as given too. Precision and recall keep every picture's ball.
 */
export async function compareSets(drawn: FeatureSet, reference: Reference, options: SetMetricOptions): Promise<Scores> {
  const { metrics, product, seed, onMetric } = options;
  const dim = drawn.moments.dim;
  const replicates = options.bootstrap ?? DEFAULT_REPLICATES;
  const ofFrechet = options.bootstrap ?? defaultReplicates(dim);
  const randomFor = (name: string): Random => createRandom(seed, "bootstrap", name);
  const scores: { [K in SetMetric]?: Score } = {};
  const wanted = (name: SetMetric): boolean => metrics.includes(name);
  const begin = (name: SetMetric): void => onMetric?.(name, Math.max(0, metrics.indexOf(name)));
  if (wanted("fid")) {
    begin("fid");
    scores.fid = await frechetScore(drawn.moments, drawn.features, reference.moments, ofFrechet, randomFor, product);
  }
  if (wanted("sfid")) {
    begin("sfid");
    const { spatialMoments } = drawn;
    if (spatialMoments === undefined) scores.sfid = missingScore("the features have no spatial part");
    else if (reference.spatialMoments === undefined)
      scores.sfid = missingScore("the reference has no spatial statistics");
    else {
      const sides = [spatialMoments, drawn.spatial, reference.spatialMoments] as const;
      scores.sfid = await frechetScore(...sides, ofFrechet, randomFor, product);
    }
  }
  if (wanted("inception_score")) {
    begin("inception_score");
    scores.inception_score = inceptionScoreOf(drawn, options, replicates, randomFor);
  }
  const rows = drawn.features !== undefined && reference.features !== undefined;
  const lacks = missingScore("the reference is statistics, not pictures");
  if (wanted("precision") || wanted("recall")) {
    begin("precision");
    const found = rows
      ? await manifolds(reference.features!, drawn.features!, dim, product, replicates, randomFor)
      : { precision: lacks, recall: lacks };
    if (wanted("precision")) scores.precision = found.precision;
    if (wanted("recall")) scores.recall = found.recall;
  }
  if (wanted("kid")) {
    begin("kid");
    scores.kid = rows
      ? await kernelScore(reference.features!, drawn.features!, dim, product, replicates, randomFor("kid"))
      : lacks;
  }
  if (detailMetrics.some(wanted)) {
    begin("fid_shallow");
    const resampling = { replicates: options.bootstrap, randomFor, product };
    Object.assign(scores, await detailScores(drawn.details, reference.details, metrics, resampling));
  }
  return scores;
}

function inceptionScoreOf(
  { logits, count }: FeatureSet,
  { shuffle, seed }: SetMetricOptions,
  replicates: number,
  randomFor: (name: string) => Random,
): Score {
  if (logits === undefined) return missingScore("the features come without class scores");
  if (count < SPLITS) return missingScore(`it needs ${SPLITS} pictures`);
  const classes = logits.length / count;
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const rows = shuffle
    ? rowsAt(logits, classes, Int32Array.from(createRandom(seed, "order").shuffle([...order])))
    : logits;
  const value = inceptionScore(rows, classes, SPLITS).mean;
  const values = inceptionScoreReplicates(rows, classes, randomFor("inception_score"), replicates, SPLITS);
  return { value, interval: within(bootstrapInterval(value, values), 1, classes), replicates };
}

/** Improved precision and recall with intervals. */
export async function manifolds(
  real: Float32Array,
  drawn: Float32Array,
  dim: number,
  product: DoubleProduct,
  replicates: number,
  randomFor: (name: string) => Random,
): Promise<{ precision: Score; recall: Score }> {
  if (Math.min(real.length, drawn.length) / dim <= NEIGHBOUR) {
    const missing = missingScore(`it needs more than ${NEIGHBOUR} pictures on each side`);
    return { precision: missing, recall: missing };
  }
  const found = await precisionRecall(real, drawn, dim, product, NEIGHBOUR);
  const score = (value: number, values: Float64Array): Score => {
    return { value, interval: within(bootstrapInterval(value, values), 0, 1), replicates };
  };
  return {
    precision: score(found.precision, bootstrapMeans(found.drawnInside, randomFor("precision"), replicates)),
    recall: score(found.recall, recallReplicates(found, randomFor("recall"), replicates)),
  };
}

async function kernelScore(
  real: Float32Array,
  drawn: Float32Array,
  dim: number,
  product: DoubleProduct,
  replicates: number,
  random: Random,
): Promise<Score> {
  const some = (rows: Float32Array): Float32Array => {
    const count = rows.length / dim;
    if (count <= MOST_KID_ROWS) return rows;
    const order = random.shuffle(Array.from({ length: count }, (_, i) => i));
    return rowsAt(rows, dim, Int32Array.from(order.slice(0, MOST_KID_ROWS)));
  };
  const found = await kernelDistance(some(real), some(drawn), dim, product, random, replicates);
  return { value: found.value, interval: bootstrapInterval(found.value, found.replicates), replicates };
}
