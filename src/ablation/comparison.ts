/** Runs that differ in one decision only, each judged on its samples. */
import type { Dataset } from "../data/index.ts";
import { doubleProducts, frechetDistance, type Moments, sumMoments } from "../evaluate/index.ts";
import { type Judge, largestOfRows, wilsonInterval } from "../judge/index.ts";
import type { TransformerConfig } from "../models/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { createRandom, defaultSizes } from "../sampling/index.ts";
import type { OpenTokenizer } from "../train/index.ts";
import { type TunedDecoder, tuneDecoder } from "./decoder.ts";
import { type Generator, openGenerator, trainGenerator } from "./generator.ts";
import { type EncodedPictures, encodePictures, unitCells } from "./latents.ts";
import { fitResidualCodes } from "./residual-codes.ts";
import { groundTruthSpace, residualSpace, type TokenSpace } from "./spaces.ts";

/** What a run decides otherwise: tokens are remainders, or the position map stays at its sinusoidal start. */
export type Arm = "ground-truth" | "residual" | "fixed-positions";
export const ARMS: readonly Arm[] = ["ground-truth", "residual", "fixed-positions"];

export interface ComparisonPlan {
  /** Training pictures. */
  readonly pictures: number;
  /** Side of the pictures in pixels. */
  readonly size: number;
  readonly depth: number;
  readonly width: number;
  readonly heads: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly peakLr: number;
  readonly decoderSteps: number;
  /** Pictures drawn for the judge, class by class in turn. */
  readonly samples: number;
  readonly guidance: number;
  readonly topK: number;
  readonly topP: number;
}

/** Small enough for nine runs an hour on one core at 32 pixels. */
export const SMALL_PLAN: ComparisonPlan = {
  pictures: 12_000,
  size: 32,
  depth: 4,
  width: 128,
  heads: 4,
  steps: 400,
  batchSize: 48,
  peakLr: 2e-3,
  decoderSteps: 150,
  samples: 1000,
  guidance: 1.5,
  topK: 0,
  topP: 0.95,
};

/** One run judged. */
export interface ArmResult {
  readonly arm: Arm;
  readonly seed: number;
  /** Mean squared pixel difference of tokens decoded again, over the first held-out pictures. */
  readonly reconstruction: number;
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
  readonly seconds: number;
}

export interface ComparisonContext {
  readonly runtime: Runtime;
  readonly tokenizer: OpenTokenizer;
  readonly judge: Judge;
  readonly train: Dataset;
  readonly heldOut: Dataset;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface Comparison {
  run(arm: Arm, seed: number): Promise<ArmResult>;
}

/** Pictures of a batch that is decoded or judged at once. */
const CHUNK = 50;

/** Encodes the data once; `run` then trains and judges one transformer. */
export async function openComparison(context: ComparisonContext, plan: ComparisonPlan): Promise<Comparison> {
  const { runtime, tokenizer, judge, log, signal } = context;
  const { tokenizer: config } = tokenizer.model;
  const classes = context.train.classes.length;
  const encode = (from: Dataset, count: number, size = plan.size): Promise<EncodedPictures> =>
    encodePictures(runtime, config, tokenizer.weights, from, { size, count });
  const train = await encode(context.train, plan.pictures);
  const real = await encode(context.heldOut, Math.max(plan.samples, 1000));
  log(`ablation: ${train.latents.length} training and ${real.latents.length} held-out pictures encoded`);
  const sides = defaultSizes(train.side);
  const product = await doubleProducts();
  const realMoments = await judged(real.images, plan.size);
  let groundTruth: Int32Array[][] | undefined;
  let enlarged: Moments | undefined;

  async function judged(images: readonly Float32Array[], side: number): Promise<Moments & { given: Int32Array }> {
    const sums = sumMoments(judge.dim, product);
    const given = new Int32Array(images.length);
    for (let at = 0; at < images.length; at += CHUNK) {
      const chunk = images.slice(at, at + CHUNK);
      const planes = new Float32Array(chunk.length * 3 * side * side);
      chunk.forEach((image, i) => {
        planes.set(image.map(clamp), i * image.length);
      });
      const { features, logits } = await judge.extractPlanes(planes, chunk.length, side, side);
      await sums.add(features);
      given.set(largestOfRows(logits, chunk.length), at);
    }
    return { ...(await sums.finish()), given };
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

  async function drawAll(generator: Generator, space: TokenSpace, seed: number): Promise<Float32Array[]> {
    const drawn: Float32Array[] = [];
    const { guidance, topK, topP } = plan;
    for (let at = 0; at < plan.samples; at += CHUNK) {
      signal?.throwIfAborted();
      const ids = Array.from({ length: Math.min(CHUNK, plan.samples - at) }, (_, i) => (at + i) % classes);
      const options = { guidance, filter: { topK, topP, temperature: 1 }, seed: seed * 1_000_003 + at };
      for (const tokens of await generator.draw(space, ids, options)) drawn.push(space.latent(tokens));
    }
    return drawn;
  }

  /** Latents as a space takes them: remainders start from what a decoder of unit codes takes for exact. */
  const latentsOf = (arm: Arm, { latents }: EncodedPictures): readonly Float32Array[] =>
    arm === "residual" ? latents.map((latent) => unitCells(latent, config.codeDim)) : latents;

  function spaceOf(arm: Arm, latents: readonly Float32Array[], seed: number): TokenSpace {
    if (arm !== "residual") return groundTruthSpace(tokenizer.codes, config.codeDim, sides);
    const fit = { codebookSize: config.codebookSize, rounds: 8 };
    const some = latents.slice(0, 2000);
    const codes = fitResidualCodes(some, config.codeDim, sides, fit, createRandom(seed, "residual codes"));
    return residualSpace(codes, config.codeDim, sides);
  }

  return {
    async run(arm, seed) {
      const begun = performance.now();
      const latents = latentsOf(arm, train);
      const space = spaceOf(arm, latents, seed);
      // Codes of the latent itself depend on no seed: the same for all runs but those of remainders.
      const encoded = (): Int32Array[][] => latents.map((latent) => space.encode(latent));
      if (arm !== "residual") groundTruth ??= encoded();
      const tokens = arm === "residual" ? encoded() : groundTruth!;
      log(`${arm}, seed ${seed}: tokens of ${tokens.length} pictures`);
      const tuning = { steps: plan.decoderSteps, seed, signal };
      const decoder = await tuneDecoder(runtime, config, tokenizer.arrays, space, tokens, train, tuning);
      const again = latentsOf(arm, real).map((latent) => space.latent(space.encode(latent)));
      const reconstructed = await decodeAll(decoder, again);
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
      const { arrays, loss } = await trainGenerator(runtime, transformer, space, tokens, train.labels, {
        ...plan,
        seed,
        fixedPositions: arm === "fixed-positions",
        signal,
      });
      log(`${arm}, seed ${seed}: training loss ${loss.toFixed(3)} nats a token`);
      const generator = await openGenerator(runtime, transformer, arrays);
      try {
        const images = await decodeAll(decoder, await drawAll(generator, space, seed));
        const samples = await judged(images, plan.size);
        const correct = samples.given.reduce((sum, id, i) => sum + (id === i % classes ? 1 : 0), 0);
        const larger = arm === "residual" ? undefined : await largerOf(generator, decoder, seed);
        return {
          arm,
          seed,
          reconstruction: meanDifference(reconstructed, real.images),
          trainLoss: loss,
          distance: await frechetDistance(samples, realMoments, product),
          reconstructionDistance: await frechetDistance(await judged(reconstructed, plan.size), realMoments, product),
          accuracy: correct / images.length,
          interval: wilsonInterval(correct, images.length),
          ...(larger !== undefined && { largerDistance: larger }),
          seconds: (performance.now() - begun) / 1000,
        };
      } finally {
        await generator.dispose();
        await decoder.dispose();
      }
    },
  };

  /** Zero-shot: one more grid, half as large again as the trained one; real pictures enlarged to the same size. */
  async function largerOf(generator: Generator, decoder: TunedDecoder, seed: number): Promise<number> {
    const side = Math.round(1.5 * train.side);
    const size = (plan.size / train.side) * side;
    const space = groundTruthSpace(tokenizer.codes, config.codeDim, [...sides, side]);
    const images = await decodeAll(decoder, await drawAll(generator, space, seed));
    enlarged ??= await judged((await encode(context.heldOut, real.images.length, size)).images, size);
    return frechetDistance(await judged(images, size), enlarged, product);
  }
}

const clamp = (value: number): number => Math.min(1, Math.max(-1, value));

/** Mean squared pixel difference of clamped pictures. */
function meanDifference(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  let sum = 0;
  let count = 0;
  a.forEach((picture, i) => {
    picture.forEach((value, k) => {
      sum += (clamp(value) - b[i]![k]!) ** 2;
      count++;
    });
  });
  return sum / count;
}
