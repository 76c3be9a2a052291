/** Metrics of one set of pictures against another, each with its bootstrap interval. */
import { createRandom, type Random } from "../sampling/index.ts";
import {
  bootstrapInterval,
  bootstrapMeans,
  DEFAULT_REPLICATES,
  defaultReplicates,
  PATCH_REPLICATES,
  resampled,
  rowsAt,
} from "./bootstrap.ts";
import type { DoubleProduct } from "./double-products.ts";
import { type FeaturePart, type FeatureSet, isPlaced, type PartSet, type PartSets, sumPart } from "./feature-set.ts";
import { frechetDistance, placedDistance } from "./frechet.ts";
import { inceptionScore, inceptionScoreReplicates } from "./inception-score.ts";
import { kernelDistance } from "./kid.ts";
import type { PlacedMoments } from "./moments.ts";
import { precisionRecall, recallReplicates } from "./precision-recall.ts";
import type { SetMetric } from "./result.ts";
import { missingScore, missingScores, type Score, type Scores, within } from "./result.ts";

/** How intervals come about: the drawn pictures are resampled, the reference stays. */
export interface Resampling {
  /** Replicates of each interval, 0 for none; each metric's own number by default. */
  readonly bootstrap: number | undefined;
  readonly randomFor: (name: string) => Random;
  readonly product: DoubleProduct;
}

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

/** Metrics that are Fréchet distances, and of which part of the features. */
export const distanceParts: ReadonlyMap<SetMetric, FeaturePart> = new Map([
  ["fid", "features"],
  ["sfid", "spatial"],
  ["fid_shallow", "shallow"],
  ["patch_fine", "fine"],
  ["patch_coarse", "coarse"],
]);

/**
 * Distances of `drawn` from the reference, of which there may be statistics alone. Replicates resample the drawn pictures, the
 * reference stays: a file of statistics is taken as given too. Precision and recall keep every picture's ball.
 */
export async function compareSets(
  drawn: Pick<FeatureSet, "parts"> & Partial<FeatureSet>,
  reference: PartSets,
  options: SetMetricOptions,
): Promise<Scores> {
  const { metrics, product, seed, bootstrap, onMetric } = options;
  const resampling: Resampling = { bootstrap, product, randomFor: (name) => createRandom(seed, "bootstrap", name) };
  const { dim } = drawn.parts.features.moments[0]!;
  const [real, own] = [reference.features.rows, drawn.parts.features.rows];
  const lacks = "the reference is statistics, not pictures";
  const distances = async (names: readonly SetMetric[]): Promise<Scores> => {
    const scores: { [K in SetMetric]?: Score } = {};
    for (const name of names)
      scores[name] = await partScore(distanceParts.get(name)!, drawn.parts, reference, resampling);
    return scores;
  };
  const compute: readonly (readonly [SetMetric[], (wanted: readonly SetMetric[]) => Promise<Scores>])[] = [
    [["fid"], distances],
    [["sfid"], distances],
    [["inception_score"], async () => ({ inception_score: inceptionScoreOf(drawn, options, resampling) })],
    [
      ["precision", "recall"],
      async () => (real && own ? manifolds(real, own, dim, resampling) : missingScores(["precision", "recall"], lacks)),
    ],
    [["kid"], async () => ({ kid: real && own ? await kernelScore(real, own, dim, resampling) : missingScore(lacks) })],
    [["fid_shallow", "patch_fine", "patch_coarse"], distances],
  ];
  const scores: { [K in SetMetric]?: Score } = {};
  for (const [names, scoresOf] of compute) {
    const wanted = names.filter((name) => metrics.includes(name));
    if (wanted.length === 0) continue;
    onMetric?.(names[0]!, Math.max(0, metrics.indexOf(names[0]!)));
    const found = await scoresOf(wanted);
    for (const name of wanted) scores[name] = found[name];
  }
  return scores;
}

async function partScore(part: FeaturePart, drawn: PartSets, reference: PartSets, resampling: Resampling) {
  const [own, other] = [drawn[part], reference[part]];
  const isSpatial = part === "spatial";
  if (own === undefined) return missingScore(`the features have no ${isSpatial ? "spatial part" : "near looks"}`);
  if (other === undefined)
    return missingScore(`the reference has no ${isSpatial ? "spatial statistics" : "near looks"}`);
  return distanceScore(part, own, other.moments, resampling);
}

/** Resampled rows held at once. */
const CHUNK = 256;

/** Fréchet distance with replicates from resampled rows, where rows are held; of patches it is the mean over places. */
export async function distanceScore(
  part: FeaturePart,
  { moments, rows }: PartSet,
  reference: PlacedMoments,
  { bootstrap, randomFor, product }: Resampling,
): Promise<Score> {
  const [places, width] = [moments.length, moments[0]!.dim];
  const distance = (own: PlacedMoments): Promise<number> =>
    isPlaced(part) ? placedDistance(own, reference) : frechetDistance(own[0]!, reference[0]!, product);
  const value = await distance(moments);
  const replicates = bootstrap ?? (isPlaced(part) ? PATCH_REPLICATES : defaultReplicates(width));
  if (rows === undefined || replicates < 2) return { value };
  const size = places * width;
  const random = randomFor(isPlaced(part) ? "patches" : "frechet");
  const values = new Float64Array(replicates);
  for (let r = 0; r < replicates; r++) {
    const chosen = resampled(rows.length / size, random);
    const sum = sumPart(part, { places, width }, product);
    for (let at = 0; at < chosen.length; at += CHUNK)
      await sum.add(rowsAt(rows, size, chosen.subarray(at, at + CHUNK)));
    values[r] = await distance(await sum.finish());
  }
  return { value, interval: within(bootstrapInterval(value, values), 0, Number.MAX_VALUE), replicates };
}

function inceptionScoreOf(
  { logits, count = 0 }: Partial<FeatureSet>,
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
