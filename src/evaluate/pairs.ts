/** Pictures beside what was made of them: reconstructions. */
import { ExpectedError, FileError } from "../errors/index.ts";
import { concatArrays } from "../files/index.ts";
import type { RgbImage } from "../image/index.ts";
import { createRandom, type Random } from "../sampling/index.ts";
import { bootstrapInterval, bootstrapMeans, DEFAULT_REPLICATES, resampled } from "./bootstrap.ts";
import type { EvaluateOptions } from "./evaluate.ts";
import { collectFeatures, formatSides, type Kept, type Sides, sideBySide } from "./feature-set.ts";
import { psnr, ssim } from "./pixel-metrics.ts";
import { missingScore, missingScores, type Score, type Scores, within } from "./result.ts";
import { distanceScore } from "./set-metrics.ts";

/** A picture and its reconstruction, of one size. */
export interface Pair {
  readonly name: string;
  readonly given: RgbImage;
  readonly made: RgbImage;
  /** The codes that it was made of. */
  readonly tokens?: Int32Array;
}

/** Without an extractor there is no rFID. */
export type ReconstructionOptions = Omit<EvaluateOptions, "metrics" | "cache" | "saveStatistics">;

/** What the PSNR of a picture that equals its reconstruction counts as, in decibels: the mean stays a number. */
const EQUAL_PSNR = 100;

/** Pairs whose features are computed together. */
const BATCH = 16;
const SMALLEST_SSIM = 11;

/**
 * Means over pictures of PSNR and SSIM, the Fréchet distance of the reconstructions from the pictures (rFID), and how tokens
 * spread over the codebook, where its size is given; with the number of pairs and the size of the first. Pairs are seen once; with replicates, features of the reconstructions are held, and tokens always.
 */
export async function comparePairs(
  pairs: AsyncIterable<Pair>,
  total: number,
  { extractor, product, bootstrap, seed = 0, signal, onProgress }: ReconstructionOptions,
  codebookSize?: number,
) {
  const replicates = bootstrap ?? DEFAULT_REPLICATES;
  const randomFor = (name: string): Random => createRandom(seed, "bootstrap", name);
  const kept: Kept = new Set(replicates > 1 ? ["features"] : []);
  const sides = extractor && {
    given: collectFeatures("pictures", extractor, new Set(), product),
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
    onProgress?.(decibels.length, total, "pairs");
  };
  for await (const pair of pairs) {
    signal?.throwIfAborted();
    const { name, given, made, tokens: own } = pair;
    if (formatSides(given) !== formatSides(made))
      throw new FileError(name, `a reconstruction of ${formatSides(given)}`, formatSides(made));
    const first = waiting[0]?.given;
    if (first !== undefined && (waiting.length === BATCH || formatSides(first) !== formatSides(given))) await flush();
    size ??= { width: given.width, height: given.height };
    decibels.push(Math.min(EQUAL_PSNR, psnr(given, made)));
    if (Math.min(given.width, given.height) >= SMALLEST_SSIM) similarities.push(ssim(given, made));
    if (own !== undefined) tokens.push(own);
    waiting.push(pair);
  }
  if (size === undefined || decibels.length < 2)
    throw new ExpectedError(`reconstruction: expected at least two pairs of pictures, got ${decibels.length}`);
  await flush();
  const mean = (values: readonly number[], name: string): Score => {
    const value = values.reduce((a, b) => a + b, 0) / values.length;
    const again = bootstrapMeans(Float64Array.from(values), randomFor(name), replicates);
    return { value, interval: bootstrapInterval(value, again), replicates };
  };
  const rfid = async (): Promise<Score> => {
    if (sides === undefined) return missingScore("no features were given");
    const [given, made] = [await sides.given.finish(), await sides.made.finish()];
    const { moments } = given.parts.features;
    return distanceScore("features", made.parts.features, moments, { bootstrap, randomFor, product });
  };
  const tooSmall = missingScore(`it needs pictures of at least ${SMALLEST_SSIM}x${SMALLEST_SSIM} pixels`);
  const scores: Scores = {
    rfid: await rfid(),
    psnr: mean(decibels, "psnr"),
    ssim: similarities.length < decibels.length ? tooSmall : mean(similarities, "ssim"),
    ...usageScores(tokens, codebookSize, replicates, randomFor("codebook")),
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
  const usageOf = (pictures: readonly Int32Array[]) => codebookUsage(concatArrays(Int32Array, pictures), codebookSize);
  const value = usageOf(tokens);
  const again = Array.from({ length: replicates }, () =>
    usageOf(Array.from(resampled(tokens.length, random), (i) => tokens[i]!)),
  );
  const score = (of: (usage: ReturnType<typeof codebookUsage>) => number, most: number): Score => {
    const interval = bootstrapInterval(of(value), Float64Array.from(again, of));
    return { value: of(value), interval: within(interval, 0, most), replicates };
  };
  return {
    codebook_used: score(({ used }) => used, 1),
    codebook_perplexity: score(({ perplexity }) => perplexity, codebookSize),
  };
}

/**
 * How tokens spread over a codebook of `size` codes: the share of them that occur at all, and as perplexity exp of the entropy of their
 * frequencies: how many equally frequent codes would be as varied.
 * @throws RangeError for no tokens or ids outside
 */
export function codebookUsage(tokens: Int32Array, size: number) {
  if (tokens.length === 0) throw new RangeError("codebookUsage: expected tokens, got none");
  const counts = new Float64Array(size);
  for (const id of tokens) {
    if (id < 0 || id >= size) throw new RangeError(`codebookUsage: expected ids from 0 to ${size - 1}, got ${id}`);
    counts[id]!++;
  }
  const entropy = counts.reduce((sum, count) => {
    const share = count / tokens.length;
    return count === 0 ? sum : sum - share * Math.log(share);
  }, 0);
  return { used: counts.filter((count) => count > 0).length / size, perplexity: Math.exp(entropy) };
}
