/** Metrics of one set of pictures against another, each with its bootstrap interval. */
import { createRandom } from "../sampling/index.ts";
import { bootstrapInterval, bootstrapMeans, rowsAt } from "./bootstrap.ts";
import { detailMetrics, detailScores } from "./detail-scores.ts";
import type { FeatureSet } from "./feature-set.ts";
import { frechetScore } from "./frechet-score.ts";
import { inceptionScore, inceptionScoreReplicates } from "./inception-score.ts";
import { kernelDistance } from "./kid.ts";
import { precisionRecall, recallReplicates } from "./precision-recall.ts";
import { DEFAULT_REPLICATES } from "./replicates.ts";
import type { Resampling } from "./resampling.ts";
import type { SetMetric } from "./result.ts";
import { missingScore, missingScores, type Score, type Scores, within } from "./scores.ts";

/** The reference side: statistics alone, or rows as well. */
export type Reference = Pick<FeatureSet, "moments" | "spatialMoments" | "features" | "details">;

export interface SetMetricOptions extends Omit<Resampling, "randomFor"> {
  readonly metrics: readonly SetMetric[];
  readonly seed: number;
  /** Whether pictures come in an order that says nothing (files by class do not): consecutive parts are then drawn anew. */
  readonly shuffle: boolean;
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
  const { metrics, product, seed, bootstrap, onMetric } = options;
  const resampling: Resampling = { bootstrap, product, randomFor: (name) => createRandom(seed, "bootstrap", name) };
  const { dim } = drawn.moments;
  const [real, own] = [reference.features, drawn.features];
  const lacks = "the reference is statistics, not pictures";
  const compute: readonly (readonly [names: readonly SetMetric[], scores: () => Promise<Scores>])[] = [
    [["fid"], async () => ({ fid: await frechetScore(drawn.moments, own, reference.moments, resampling) })],
    [["sfid"], async () => ({ sfid: await spatialScore(drawn, reference, resampling) })],
    [["inception_score"], async () => ({ inception_score: inceptionScoreOf(drawn, options, resampling) })],
    [
      ["precision", "recall"],
      async () => (real && own ? manifolds(real, own, dim, resampling) : missingScores(["precision", "recall"], lacks)),
    ],
    [["kid"], async () => ({ kid: real && own ? await kernelScore(real, own, dim, resampling) : missingScore(lacks) })],
    [detailMetrics, () => detailScores(drawn.details, reference.details, metrics, resampling)],
  ];
  const scores: { [K in SetMetric]?: Score } = {};
  for (const [names, scoresOf] of compute) {
    const wanted = names.filter((name) => metrics.includes(name));
    if (wanted.length === 0) continue;
    onMetric?.(names[0]!, Math.max(0, metrics.indexOf(names[0]!)));
    const found = await scoresOf();
    for (const name of wanted) scores[name] = found[name];
  }
  return scores;
}

async function spatialScore(drawn: FeatureSet, reference: Reference, resampling: Resampling): Promise<Score> {
  if (drawn.spatialMoments === undefined) return missingScore("the features have no spatial part");
  if (reference.spatialMoments === undefined) return missingScore("the reference has no spatial statistics");
  return frechetScore(drawn.spatialMoments, drawn.spatial, reference.spatialMoments, resampling);
}

function inceptionScoreOf(
  { logits, count }: FeatureSet,
  { shuffle, seed }: SetMetricOptions,
  { bootstrap: replicates = DEFAULT_REPLICATES, randomFor }: Resampling,
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
  { bootstrap: replicates = DEFAULT_REPLICATES, randomFor, product }: Resampling,
): Promise<{ precision: Score; recall: Score }> {
  if (Math.min(real.length, drawn.length) / dim <= NEIGHBOUR)
    return missingScores(["precision", "recall"], `it needs more than ${NEIGHBOUR} pictures on each side`);
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
  { bootstrap: replicates = DEFAULT_REPLICATES, randomFor, product }: Resampling,
): Promise<Score> {
  const random = randomFor("kid");
  const some = (rows: Float32Array): Float32Array => {
    const count = rows.length / dim;
    if (count <= MOST_KID_ROWS) return rows;
    const order = random.shuffle(Array.from({ length: count }, (_, i) => i));
    return rowsAt(rows, dim, Int32Array.from(order.slice(0, MOST_KID_ROWS)));
  };
  const found = await kernelDistance(some(real), some(drawn), dim, product, random, replicates);
  return { value: found.value, interval: bootstrapInterval(found.value, found.replicates), replicates };
}
