/** `flexvar evaluate A B`: one set of pictures judged against another. */

import { CorruptImageError, type NpzSplit, type PictureStream } from "../data/index.ts";
import { FileError, inFile } from "../errors/index.ts";
import { DEFAULT_REPLICATES } from "./bootstrap.ts";
import {
  accuracyRecord,
  accuracyScore,
  countClasses,
  type GivenClasses,
  knownShares,
  ratioScore,
  topScores,
} from "./class-scores.ts";
import type { DoubleProduct } from "./double-products.ts";
import { readFeatureCache, writeFeatureCache } from "./feature-cache.ts";
import {
  batchesOf,
  collectFeatures,
  type FeaturePart,
  type FeatureSet,
  formatSides,
  type Kept,
  type PartSets,
  PREPARATION,
  type Sides,
  UNPREPARED,
} from "./feature-set.ts";
import type { FeatureExtractor } from "./features.ts";
import { type EvaluationInput, withInputs } from "./input.ts";
import { checkProtocols, mergedProtocol, type Protocol, unknownProtocol } from "./protocol.ts";
import {
  type EvaluationResult,
  type InputRecord,
  missingScores,
  pairMetrics,
  resultParts,
  type Scores,
  type SetMetric,
  setMetrics,
} from "./result.ts";
import { compareSets, distanceParts } from "./set-metrics.ts";
import { type Statistics, writeStatistics } from "./statistics-file.ts";

export interface EvaluateOptions {
  /** Turns pictures into features; left out, both sides must bring statistics, and only those are compared. */
  readonly extractor?: FeatureExtractor | undefined;
  /** The same for the drawn pictures, where it knows the features of some. */
  readonly drawnExtractor?: FeatureExtractor | undefined;
  readonly product: DoubleProduct;
  /** Default: all. */
  readonly metrics?: readonly SetMetric[] | undefined;
  /** Size that all pictures are brought to; without it both sides must have one size. */
  readonly size?: Sides | undefined;
  /** The side of the reference's own split; by default held-out where there is one. */
  readonly split?: NpzSplit | undefined;
  /** Replicates of each interval, 0 for none; by default 200, for Fréchet distances `defaultReplicates`. */
  readonly bootstrap?: number | undefined;
  readonly seed?: number | undefined;
  /** Folder that features of references are kept in; not kept by default. */
  readonly cache?: string | undefined;
  /** File that the reference's statistics are written to. */
  readonly saveStatistics?: string | undefined;
  /** Names and versions of what computed, for the record. */
  readonly versions?: Readonly<Record<string, string>> | undefined;
  readonly onWarning?: ((warning: string) => void) | undefined;
  readonly onProgress?: ((done: number, total: number, what: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Judges pictures A against a reference B; both are folders or files of pictures, or statistics.
 * Without an extractor, files that hold both count as statistics.
 * @throws Error where an input cannot be read, sizes differ, or protocols are both known and differ
 */
export async function evaluateSets(a: string, b: string, options: EvaluateOptions): Promise<EvaluationResult> {
  return withInputs(a, b, options.split, (drawn, reference) =>
    options.extractor === undefined
      ? evaluateInputs(statisticsOnly(drawn), statisticsOnly(reference), options)
      : evaluateInputs(drawn, reference, options),
  );
}

function statisticsOnly(side: EvaluationInput): EvaluationInput {
  if (side.statistics === undefined)
    throw new FileError(side.path, "statistics (mu, sigma), or features to compute from pictures", "neither");
  return { ...side, stream: undefined };
}

async function evaluateInputs(
  drawn: EvaluationInput,
  reference: EvaluationInput,
  options: EvaluateOptions,
): Promise<EvaluationResult> {
  const { extractor, product, metrics = setMetrics, seed = 0 } = options;
  const warnings: string[] = [];
  const warn = (text: string): void => {
    warnings.push(text);
    options.onWarning?.(text);
  };
  const protocol = await agreeOnProtocol(drawn, reference, options, warn);
  const dim = extractor?.dim ?? reference.statistics!.moments.dim;
  const compares =
    drawn.stream !== undefined &&
    reference.stream !== undefined &&
    metrics.some((name) => name === "precision" || name === "recall" || name === "kid");
  const ofDistances = (options.bootstrap ?? DEFAULT_REPLICATES) > 1 ? metrics : [];
  const compared: readonly FeaturePart[] = compares ? ["features"] : [];
  const kept: Kept = new Set([
    ...compared,
    ...ofDistances.flatMap((name) => distanceParts.get(name) ?? []),
    ...(metrics.includes("inception_score") ? (["logits"] as const) : []),
  ]);
  const ofDrawn = { ...options, extractor: options.drawnExtractor ?? extractor };
  const ownSet = drawn.stream && (await gather(drawn, drawn.stream, "pictures", kept, ofDrawn));
  const { stream } = reference;
  const again = (): Promise<FeatureSet> => gather(reference, stream!, "reference", new Set(compared), options);
  const found = stream && (await cached(reference, options, compares, warn, again));
  const referenceSide = referenceOf(reference, found?.set, dim);
  if (options.saveStatistics !== undefined) {
    const [moments, spatial] = [referenceSide.features, referenceSide.spatial].map((part) => part?.moments[0]);
    await writeStatistics(options.saveStatistics, { moments: moments!, spatial, protocol: JSON.stringify(protocol) });
  }
  const drawnSide = ownSet ?? { parts: statisticsParts(drawn.statistics!) };
  const [width, other] = [drawnSide.parts, referenceSide].map(({ features }) => features.moments[0]!.dim);
  if (width !== other)
    throw new FileError(drawn.path, `statistics of ${other} features as in ${reference.path}`, width);
  const scores: Scores = await compareSets(drawnSide, referenceSide, {
    metrics,
    bootstrap: options.bootstrap,
    seed,
    shuffle: drawn.stream?.form !== "npz",
    product,
    onMetric: (metric, done) => options.onProgress?.(done, metrics.length, metric),
  });
  const sides = [givenOf(drawn.stream, ownSet), givenOf(reference.stream, found?.set)] as const;
  const [own, theirs] = [countClasses(sides[0], extractor?.labels), countClasses(sides[1], extractor?.labels)];
  if (typeof own === "string" && extractor?.labels !== undefined && (drawn.stream?.classes.length ?? 0) > 1)
    warn(`${drawn.path}: no class accuracy: ${own}`);
  return {
    version: 1,
    ...resultParts({
      ...missingScores(pairMetrics, "the sides are not compared picture by picture"),
      ...scores,
      class_accuracy: accuracyScore(own),
      accuracy_ratio: ratioScore(own, theirs, seed, options.bootstrap ?? DEFAULT_REPLICATES),
      ...topScores(sides[0], extractor),
    }),
    protocol,
    pictures: recordOf(drawn, ownSet, false),
    reference: recordOf(reference, found?.set, found?.cached ?? false),
    classes: typeof own === "string" ? null : own.classes,
    reference_accuracy: accuracyRecord(theirs),
    reference_top: knownShares(topScores(sides[1], extractor)),
    seed,
    versions: options.versions ?? {},
    warnings,
  };
}

/** The protocol of this run, once both sides fit it; sides without a record are warned about. */
async function agreeOnProtocol(
  drawn: EvaluationInput,
  reference: EvaluationInput,
  { extractor, size, split }: EvaluateOptions,
  warn: (text: string) => void,
): Promise<Protocol> {
  if (split !== undefined && reference.stream !== undefined && reference.stream.split === undefined)
    throw new FileError(reference.path, "a data set with a split of its own", "one without");
  const [a, b] = [await sizeOf(drawn), await sizeOf(reference)];
  if (size === undefined && a && b && formatSides(a) !== formatSides(b))
    throw new Error(
      `evaluate: expected pictures of one size, got ${formatSides(a)} in ${drawn.path} and ${formatSides(b)} in ${reference.path}; ` +
        "pass --at N to bring all to one",
    );
  const own = protocolOf(extractor, size ?? a ?? b, size);
  for (const [side, ownSize] of [
    [drawn, a],
    [reference, b],
  ] as const) {
    if (side.recordedTotal !== undefined)
      warn(`${side.path}: its record speaks of ${side.recordedTotal} pictures, there are ${side.stream?.length ?? 0}`);
    if (side.recorded === undefined) {
      const made = side.stream === undefined ? "its statistics" : "its pictures";
      warn(`${side.path}: no record of how ${made} were made; counted as unknown`);
      continue;
    }
    // What was recorded of pictures speaks of their own size; of statistics, of how features were computed.
    const arePictures = side.statistics === undefined && ownSize !== undefined;
    checkProtocols(side.path, arePictures ? { ...own, size: formatSides(ownSize) } : own, side.recorded);
  }
  const [x, y] = [drawn.recorded ?? unknownProtocol, reference.recorded ?? unknownProtocol];
  if (drawn.stream === undefined && reference.stream === undefined) checkProtocols(reference.path, x, y);
  return extractor === undefined ? mergedProtocol(x, y) : own.size === null ? { ...own, size: x.size ?? y.size } : own;
}

/** How pictures of a size that are compared by a network's features are treated, all brought to the size that was wanted. */
export const protocolOf = (
  extractor: FeatureExtractor | undefined,
  size: Sides | undefined,
  wanted: Sides | undefined,
): Protocol => ({
  features: extractor?.name ?? null,
  features_hash: extractor?.hash ?? null,
  resize: extractor?.resize ?? null,
  size: size === undefined ? null : formatSides(size),
  preparation: wanted === undefined ? UNPREPARED : PREPARATION,
});

/** The first picture's size. */
async function sizeOf({ stream, path }: EvaluationInput): Promise<Sides | undefined> {
  if (stream === undefined) return undefined;
  for await (const { image } of stream.pictures()) return { width: image.width, height: image.height };
  throw new FileError(path, "pictures", "none");
}

/**
 * Sends a side's pictures through the network batch by batch.
 * @throws Error where sizes differ, or there are fewer than two pictures
 */
async function gather(
  { path }: EvaluationInput,
  stream: PictureStream,
  what: string,
  kept: Kept,
  { extractor, product, size, signal, onProgress }: EvaluateOptions,
): Promise<FeatureSet> {
  const collector = collectFeatures(path, extractor!, kept, product);
  try {
    for await (const batch of batchesOf(path, stream.pictures(), size)) {
      signal?.throwIfAborted();
      const done = await collector.add(batch);
      onProgress?.(done, stream.length, what);
    }
  } catch (error) {
    // Pictures are named within their set.
    throw error instanceof CorruptImageError ? inFile(path, error) : error;
  }
  return collector.finish();
}

async function cached(
  side: EvaluationInput,
  { cache, extractor, size }: EvaluateOptions,
  needsRows: boolean,
  warn: (text: string) => void,
  compute: () => Promise<FeatureSet>,
): Promise<{ set: FeatureSet; cached: boolean }> {
  if (cache === undefined) return { set: await compute(), cached: false };
  const key = { sha256: side.sha256, split: side.stream?.split, extractor: extractor!, size };
  const kept = await readFeatureCache(cache, key, needsRows);
  if (kept !== undefined && kept.count === side.stream?.length) return { set: kept, cached: true };
  const set = await compute();
  await writeFeatureCache(cache, key, set).catch((error: Error) => {
    warn(`${cache}: features are not kept: ${error.message}`);
  });
  return { set, cached: false };
}

/** A file's own statistics where they fit the features, else those of its pictures. */
function referenceOf({ statistics, path }: EvaluationInput, set: FeatureSet | undefined, dim: number): PartSets {
  const fits = statistics?.moments.dim === dim;
  if (!fits && set === undefined) throw new FileError(path, `statistics of ${dim} features`, statistics?.moments.dim);
  if (!fits) return set!.parts;
  const { features, ...own } = statisticsParts(statistics);
  return { ...set?.parts, features: { ...features, rows: set?.parts.features.rows }, ...own };
}

/** Statistics as gathered features. */
const statisticsParts = ({ moments, spatial }: Statistics): PartSets => ({
  features: { moments: [moments] },
  ...(spatial && { spatial: { moments: [spatial] } }),
});

const givenOf = (stream: PictureStream | undefined, set: FeatureSet | undefined): GivenClasses => ({
  classes: stream?.classes ?? [],
  labelOf: (i) => stream!.labelOf(i),
  top: set?.top,
});

export function recordOf(side: EvaluationInput, set: { size: Sides } | undefined, fromCache: boolean): InputRecord {
  const { path, sha256, stream, statistics, recorded, record } = side;
  return {
    path,
    kind: stream === undefined ? "statistics" : "pictures",
    sha256,
    split: stream?.split ?? null,
    count: stream?.length ?? statistics?.moments.count ?? null,
    size: set === undefined ? (recorded?.size ?? null) : formatSides(set.size),
    protocol: recorded === undefined ? "unknown" : "recorded",
    record: record ?? null,
    cached: fromCache,
  };
}
