/** Pictures beside what was made of them: reconstructions. */
import { concatArrays } from "../files/index.ts";
import type { RgbImage } from "../image/index.ts";
import { createRandom, type Random } from "../sampling/index.ts";
import { bootstrapInterval, bootstrapMeans, resampled } from "./bootstrap.ts";
import { type CodebookUsage, codebookUsage } from "./codebook-usage.ts";
import type { DoubleProduct } from "./double-products.ts";
import { collectFeatures, formatSides, type Sides, sideBySide } from "./feature-set.ts";
import type { FeatureExtractor } from "./features.ts";
import { frechetScore } from "./frechet-score.ts";
import { psnr, ssim } from "./pixel-metrics.ts";
import { DEFAULT_REPLICATES, defaultReplicates } from "./replicates.ts";
import { missingScore, missingScores, type Score, type Scores, within } from "./scores.ts";

/** A picture and its reconstruction, of one size. */
export interface Pair {
  readonly name: string;
  readonly given: RgbImage;
  readonly made: RgbImage;
  /** The codes that it was made of. */
  readonly tokens?: Int32Array;
}

export interface PairOptions {
  /** Without it there is no rFID. */
  readonly extractor?: FeatureExtractor | undefined;
  readonly product: DoubleProduct;
  /** Codes of the tokenizer, where pairs have tokens. */
  readonly codebookSize?: number | undefined;
  readonly bootstrap?: number | undefined;
  readonly seed: number;
  readonly onProgress?: ((done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PairScores {
  readonly scores: Scores;
  readonly count: number;
  /** Of the first pair. */
  readonly size: Sides;
}

/** What the PSNR of a picture that equals its reconstruction counts as, in decibels: the mean stays a number. */
const EQUAL_PSNR = 100;

/** Pairs whose features are computed together. */
const BATCH = 16;
const SMALLEST_SSIM = 11;

/**
 * Means over pictures of PSNR and SSIM, the Fréchet distance of the reconstructions from the pictures (rFID), and how tokens
 * spread over the codebook. Pairs are seen once; with replicates, features of the reconstructions are held, and tokens always.
 */
export async function comparePairs(pairs: AsyncIterable<Pair>, options: PairOptions): Promise<PairScores> {
  const { extractor, product, seed, signal, onProgress } = options;
  const replicates = options.bootstrap ?? DEFAULT_REPLICATES;
  const randomFor = (name: string): Random => createRandom(seed, "bootstrap", name);
  const kept = {
    features: (options.bootstrap ?? defaultReplicates(extractor?.dim ?? 0)) > 1,
    spatial: false,
    logits: false,
    details: false,
  };
  const sides = extractor && {
    given: collectFeatures("pictures", extractor, { ...kept, features: false }, product),
    made: collectFeatures("reconstructions", extractor, kept, product),
  };
  const decibels: number[] = [];
  const similarities: number[] = [];
  const tokens: Int32Array[] = [];
  let size: Sides | undefined;
  let waiting: Pair[] = [];
  const flush = async (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    await sides?.given.add(sideBySide(batch.map(({ given }) => given)));
    await sides?.made.add(sideBySide(batch.map(({ made }) => made)));
    onProgress?.(decibels.length);
  };
  for await (const pair of pairs) {
    signal?.throwIfAborted();
    const { name, given, made, tokens: own } = pair;
    if (formatSides(given) !== formatSides(made))
      throw new Error(`${name}: expected a reconstruction of ${formatSides(given)}, got ${formatSides(made)}`);
    const first = waiting[0]?.given;
    if (first !== undefined && (waiting.length === BATCH || formatSides(first) !== formatSides(given))) await flush();
    size ??= { width: given.width, height: given.height };
    decibels.push(Math.min(EQUAL_PSNR, psnr(given, made)));
    if (Math.min(given.width, given.height) >= SMALLEST_SSIM) similarities.push(ssim(given, made));
    if (own !== undefined) tokens.push(own);
    waiting.push(pair);
  }
  if (size === undefined || decibels.length < 2)
    throw new Error(`reconstruction: expected at least two pairs of pictures, got ${decibels.length}`);
  await flush();
  const mean = (values: readonly number[], name: string): Score => {
    const value = values.reduce((a, b) => a + b, 0) / values.length;
    const again = bootstrapMeans(Float64Array.from(values), randomFor(name), replicates);
    return { value, interval: bootstrapInterval(value, again), replicates };
  };
  const rfid = async (): Promise<Score> => {
    if (sides === undefined) return missingScore("no features were given");
    const [given, made] = [await sides.given.finish(), await sides.made.finish()];
    return frechetScore(made.moments, made.features, given.moments, {
      bootstrap: options.bootstrap,
      randomFor,
      product,
    });
  };
  const tooSmall = missingScore(`it needs pictures of at least ${SMALLEST_SSIM}x${SMALLEST_SSIM} pixels`);
  const scores: Scores = {
    rfid: await rfid(),
    psnr: mean(decibels, "psnr"),
    ssim: similarities.length < decibels.length ? tooSmall : mean(similarities, "ssim"),
    ...usageScores(tokens, options.codebookSize, replicates, randomFor("codebook")),
  };
  return { scores, count: decibels.length, size };
}

function usageScores(
  tokens: readonly Int32Array[],
  codebookSize: number | undefined,
  replicates: number,
  random: Random,
): Pick<Scores, "codebook_used" | "codebook_perplexity"> {
  if (codebookSize === undefined || tokens.length === 0)
    return missingScores(["codebook_used", "codebook_perplexity"], "no tokenizer was given");
  const usageOf = (pictures: readonly Int32Array[]): CodebookUsage =>
    codebookUsage(concatArrays(Int32Array, pictures), codebookSize);
  const value = usageOf(tokens);
  const again = Array.from({ length: replicates }, () =>
    usageOf(Array.from(resampled(tokens.length, random), (i) => tokens[i]!)),
  );
  const score = (of: (usage: CodebookUsage) => number, most: number): Score => {
    const interval = bootstrapInterval(of(value), Float64Array.from(again, of));
    return { value: of(value), interval: within(interval, 0, most), replicates };
  };
  return {
    codebook_used: score(({ used }) => used, 1),
    codebook_perplexity: score(({ perplexity }) => perplexity, codebookSize),
  };
}
