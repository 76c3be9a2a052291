/** Runs that differ in one decision only, each judged on its samples. */
import { type Classifier, largestOfRows, wilsonInterval } from "../../src/classifier/index.ts";
import type { Dataset } from "../../src/data/index.ts";
import { doubleProducts, frechetDistance, type Moments, sumMoments } from "../../src/evaluate/index.ts";
import { concatArrays } from "../../src/files/index.ts";
import type { TransformerConfig } from "../../src/models/index.ts";
import type { Runtime } from "../../src/runtime/index.ts";
import { createRandom, defaultSizes } from "../../src/sampling/index.ts";
import type { OpenTokenizer } from "../../src/train/index.ts";
import { type TunedDecoder, tuneDecoder } from "./decoder.ts";
import { type Generator, openGenerator, trainGenerator } from "./generator.ts";
import { type EncodedPictures, encodePictures, unitCells } from "./latents.ts";
import { fitResidualCodes } from "./residual-codes.ts";
import { groundTruthSpace, residualSpace, type TokenSpace } from "./spaces.ts";

/** What a run decides otherwise: tokens are remainders, or the position map stays at its sinusoidal start. */
export type Arm = "ground-truth" | "residual" | "fixed-positions";
export const ARMS: readonly Arm[] = ["ground-truth", "residual", "fixed-positions"];

/** Small enough for nine runs an hour on one core at 32 pixels. */
export const SMALL_PLAN = {
  /** Training pictures. */
  pictures: 12_000,
  /** Side of the pictures in pixels. */
  size: 32,
  depth: 4,
  width: 128,
  heads: 4,
  steps: 400,
  batchSize: 48,
  peakLr: 2e-3,
  decoderSteps: 150,
  /** Pictures drawn for the judge, class by class in turn. */
  samples: 1000,
  guidance: 1.5,
  topK: 0,
  topP: 0.95,
};
export type ComparisonPlan = Readonly<typeof SMALL_PLAN>;

/** Shows in seconds that everything works. */
export const QUICK_PLAN: ComparisonPlan = { ...SMALL_PLAN, pictures: 20, steps: 2, decoderSteps: 1, samples: 10 };

/** One run judged. */
export interface ArmResult {
  readonly arm: Arm;
  readonly seed: number;
  /** Cross-entropy at the end of training, nats a token; of one space only comparable within it. */
  readonly trainLoss: number;
  /** Fréchet distance of the judge's features, samples against real held-out pictures. */
  readonly distance: number;
  /** The same of held-out pictures' reconstructions: what the tokens cost before any transformer. */
  readonly reconstructionDistance: number;
  /** Samples that the judge gives the class that was asked for. */
  readonly accuracy: number;
  readonly interval: readonly [low: number, high: number];
  /** `distance` of samples drawn at grids of 1.5 times the trained side; only where a space is free in its grids. */
  readonly largerDistance?: number;
}

export interface ComparisonContext {
  readonly runtime: Runtime;
  readonly tokenizer: OpenTokenizer;
  readonly judge: Classifier;
  readonly train: Dataset;
  readonly heldOut: Dataset;
}

/** What all runs share. */
export interface Comparison extends Pick<ComparisonContext, "runtime" | "tokenizer" | "judge"> {
  readonly plan: ComparisonPlan;
  readonly classes: number;
  readonly train: EncodedPictures;
  readonly real: EncodedPictures;
  readonly realMoments: Moments;
  /** Of the same pictures, half as large again. */
  readonly enlargedMoments: Moments;
}

/** Pictures of a batch that is decoded or judged at once. */
const CHUNK = 50;
const product = await doubleProducts();

/** Encodes the data once; `runArm` then trains and judges one transformer. */
export async function openComparison(context: ComparisonContext, plan: ComparisonPlan): Promise<Comparison> {
  const { runtime, tokenizer, judge } = context;
  const encode = (from: Dataset, count: number, size: number): Promise<EncodedPictures> =>
    encodePictures(runtime, tokenizer.model.tokenizer, tokenizer.weights, from, { size, count });
  const train = await encode(context.train, plan.pictures, plan.size);
  const real = await encode(context.heldOut, Math.max(plan.samples, 1000), plan.size);
  const largerSize = (plan.size / train.side) * largerSide(train.side);
  const larger = await encode(context.heldOut, real.images.length, largerSize);
  return {
    ...{ runtime, tokenizer, judge, plan, train, real },
    classes: context.train.classes.length,
    realMoments: await judged(judge, real.images, plan.size),
    enlargedMoments: await judged(judge, larger.images, larger.size),
  };
}

/** A grid half as large again as the trained one. */
const largerSide = (side: number): number => Math.round(1.5 * side);

export async function runArm(comparison: Comparison, arm: Arm, seed: number): Promise<ArmResult> {
  const { runtime, tokenizer, judge, plan, train, real, classes, realMoments } = comparison;
  const { tokenizer: config } = tokenizer.model;
  const space = spaceOf(comparison, arm, seed);
  const tokensOf = (pictures: EncodedPictures) => latentsOf(comparison, arm, pictures).map((one) => space.encode(one));
  const tokens = tokensOf(train);
  const tuning = { steps: plan.decoderSteps, seed };
  const decoder = await tuneDecoder(runtime, config, tokenizer.arrays, space, tokens, train, tuning);
  const reconstructed = await decodeAll(
    decoder,
    tokensOf(real).map((own) => space.latent(own)),
  );
  const transformer: TransformerConfig = {
    depth: plan.depth,
    width: plan.width,
    heads: plan.heads,
    mlpWidth: 4 * plan.width,
    numClasses: classes,
    codebookSize: config.codebookSize,
    codeDim: config.codeDim,
    sharedAdaLN: true,
    qkNorm: true,
    positionSide: 16,
  };
  const training = { ...plan, seed, fixedPositions: arm === "fixed-positions" };
  const { arrays, loss } = await trainGenerator(runtime, transformer, space, tokens, train.labels, training);
  const generator = await openGenerator(runtime, transformer, arrays);
  try {
    const images = await decodeAll(decoder, await drawAll(comparison, generator, space, seed));
    const samples = await judged(judge, images, plan.size);
    const correct = samples.given.reduce((sum, id, i) => sum + (id === i % classes ? 1 : 0), 0);
    const reconstructions = await judged(judge, reconstructed, plan.size);
    return {
      arm,
      seed,
      trainLoss: loss,
      distance: await frechetDistance(samples, realMoments, product),
      reconstructionDistance: await frechetDistance(reconstructions, realMoments, product),
      accuracy: correct / images.length,
      interval: wilsonInterval(correct, images.length),
      ...(arm !== "residual" && { largerDistance: await largerOf(comparison, generator, decoder, seed) }),
    };
  } finally {
    await generator.dispose();
    await decoder.dispose();
  }
}

/** Latents as a space takes them: remainders start from what a decoder of unit codes takes for exact. */
function latentsOf({ tokenizer }: Comparison, arm: Arm, { latents }: EncodedPictures): readonly Float32Array[] {
  const { codeDim } = tokenizer.model.tokenizer;
  return arm === "residual" ? latents.map((latent) => unitCells(latent, codeDim)) : latents;
}

function spaceOf(comparison: Comparison, arm: Arm, seed: number): TokenSpace {
  const { tokenizer, train } = comparison;
  const { codeDim, codebookSize } = tokenizer.model.tokenizer;
  const sides = defaultSizes(train.side);
  if (arm !== "residual") return groundTruthSpace(tokenizer.codes, codeDim, sides);
  const some = latentsOf(comparison, arm, train).slice(0, 2000);
  const random = createRandom(seed, "residual codes");
  return residualSpace(fitResidualCodes(some, codeDim, sides, codebookSize, 8, random), codeDim, sides);
}

/** Zero-shot: one more grid, half as large again as the trained one; real pictures enlarged to the same size. */
async function largerOf(comparison: Comparison, generator: Generator, decoder: TunedDecoder, seed: number) {
  const { tokenizer, judge, plan, train, enlargedMoments } = comparison;
  const side = largerSide(train.side);
  const sides = [...defaultSizes(train.side), side];
  const space = groundTruthSpace(tokenizer.codes, tokenizer.model.tokenizer.codeDim, sides);
  const images = await decodeAll(decoder, await drawAll(comparison, generator, space, seed));
  const samples = await judged(judge, images, (plan.size / train.side) * side);
  return frechetDistance(samples, enlargedMoments, product);
}

/** Latents of samples, class by class in turn. */
async function drawAll({ plan, classes }: Comparison, generator: Generator, space: TokenSpace, seed: number) {
  const drawn: Float32Array[] = [];
  const { guidance, topK, topP } = plan;
  for (let at = 0; at < plan.samples; at += CHUNK) {
    const ids = Array.from({ length: Math.min(CHUNK, plan.samples - at) }, (_, i) => (at + i) % classes);
    const options = { guidance, filter: { topK, topP, temperature: 1 }, seed: seed * 1_000_003 + at };
    for (const tokens of await generator.draw(space, ids, options)) drawn.push(space.latent(tokens));
  }
  return drawn;
}

async function decodeAll(decoder: TunedDecoder, latents: readonly Float32Array[]): Promise<Float32Array[]> {
  const out: Float32Array[] = [];
  for (let at = 0; at < latents.length; at += CHUNK) {
    const chunk = latents.slice(at, at + CHUNK);
    const planes = await decoder.decode(chunk);
    const length = planes.length / chunk.length;
    for (let i = 0; i < chunk.length; i++) out.push(planes.slice(i * length, (i + 1) * length));
  }
  return out;
}

/** Moments of the judge's features, and the class that it gives each picture. */
async function judged(judge: Classifier, images: readonly Float32Array[], side: number) {
  const sums = sumMoments(judge.dim, product);
  const given = new Int32Array(images.length);
  for (let at = 0; at < images.length; at += CHUNK) {
    const chunk = images.slice(at, at + CHUNK);
    const planes = concatArrays(Float32Array, chunk).map((value) => Math.min(1, Math.max(-1, value)));
    const { features, logits } = await judge.extractPlanes(planes, chunk.length, side, side);
    await sums.add(features);
    given.set(largestOfRows(logits, chunk.length), at);
  }
  return { ...(await sums.finish()), given };
}
