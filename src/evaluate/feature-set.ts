/** Features of a set of pictures, gathered in one pass. */
import { CorruptImageError, type Example, resample } from "../data/index.ts";
import type { RgbImage } from "../image/index.ts";
import { largestOfRows } from "./class-names.ts";
import { collectDetails, type DetailCollector, type DetailSet } from "./detail-set.ts";
import type { DoubleProduct } from "./double-products.ts";
import type { FeatureExtractor, PictureBytes } from "./features.ts";
import { type Moments, type MomentsSum, sumMoments } from "./moments.ts";
import { rowCollector } from "./row-collector.ts";
import { joinTops, type TopClasses, topClasses } from "./top-classes.ts";

/** Which rows are held; moments are always summed. Memory grows with the number of pictures for those that are. */
export interface Kept {
  readonly features: boolean;
  readonly spatial: boolean;
  readonly logits: boolean;
  readonly details: boolean;
}

export interface FeatureSet {
  readonly count: number;
  readonly size: Sides;
  readonly moments: Moments;
  readonly spatialMoments?: Moments | undefined;
  /** [count, dim] */
  readonly features?: Float32Array | undefined;
  /** [count, spatial dim] */
  readonly spatial?: Float32Array | undefined;
  /** [count, classes] */
  readonly logits?: Float32Array | undefined;
  /** The class with the largest score, where the network gives scores. */
  readonly given?: Int32Array | undefined;
  /** The likeliest five classes and groups, where the network gives scores. */
  readonly top?: TopClasses | undefined;
  /** Near looks, where the network has them. */
  readonly details?: DetailSet | undefined;
}

/** Sides in pixels. */
export interface Sides {
  readonly width: number;
  readonly height: number;
}

export const formatSides = ({ width, height }: Sides): string => `${width}x${height}`;

export interface GatherOptions {
  /** Size that pictures are brought to; without it all must have one size, and are taken as they are. */
  readonly size?: Sides | undefined;
  readonly kept: Kept;
  readonly product: DoubleProduct;
  /** Told after each batch. */
  readonly onProgress?: ((done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Pictures that a network takes at once. */
const BATCH = 16;

/**
 * Sends pictures through a network batch by batch.
 * @param where names the set in messages
 * @throws Error where sizes differ, or there are fewer than two pictures
 */
export async function gatherFeatures(
  where: string,
  pictures: AsyncIterable<Example>,
  extractor: FeatureExtractor,
  { size, kept, product, onProgress, signal }: GatherOptions,
): Promise<FeatureSet> {
  const collector = collectFeatures(where, extractor, kept, product);
  try {
    for await (const batch of batchesOf(where, pictures, size)) {
      signal?.throwIfAborted();
      onProgress?.(await collector.add(batch));
    }
  } catch (error) {
    // Pictures are named within their set.
    throw error instanceof CorruptImageError ? new Error(`${where}: ${error.message}`, { cause: error }) : error;
  }
  return collector.finish();
}

export interface FeatureCollector {
  /** Adds pictures of the size that those before had; returns how many there are. */
  add(batch: PictureBytes): Promise<number>;
  /** @throws Error below two pictures */
  finish(): Promise<FeatureSet>;
}

/** Sums and keeps what a network says about batches. */
export function collectFeatures(
  where: string,
  extractor: FeatureExtractor,
  kept: Kept,
  product: DoubleProduct,
): FeatureCollector {
  const sum = sumMoments(extractor.dim, product);
  const rows = {
    features: rowCollector(kept.features),
    spatial: rowCollector(kept.spatial),
    logits: rowCollector(kept.logits),
  };
  let spatialSum: MomentsSum | undefined;
  let details: DetailCollector | undefined;
  const given: number[] = [];
  const tops: TopClasses[] = [];
  let sides: Sides | undefined;
  let count = 0;
  return {
    async add(batch) {
      sides ??= { width: batch.width, height: batch.height };
      const { features, spatial, logits, details: near } = await extractor.extract(batch);
      await sum.add(features);
      rows.features.add(features);
      if (spatial !== undefined) {
        spatialSum ??= sumMoments(spatial.length / batch.count, product);
        await spatialSum.add(spatial);
        rows.spatial.add(spatial);
      }
      if (near !== undefined && details !== undefined) await details.add(near);
      else if (near !== undefined) details = await collectDetails(near, kept.details, product);
      if (logits !== undefined) {
        rows.logits.add(logits);
        given.push(...largestOfRows(logits, batch.count));
        tops.push(topClasses(logits, batch.count, extractor.groups));
      }
      count += batch.count;
      return count;
    },
    async finish() {
      if (sides === undefined || count < 2) throw new Error(`${where}: expected at least two pictures, got ${count}`);
      return {
        count,
        size: sides,
        moments: await sum.finish(),
        spatialMoments: await spatialSum?.finish(),
        features: rows.features.all(),
        spatial: rows.spatial.all(),
        logits: rows.logits.all(),
        given: given.length > 0 ? Int32Array.from(given) : undefined,
        top: joinTops(tops),
        details: await details?.finish(),
      };
    },
  };
}

/** Pictures of one size side by side. */
async function* batchesOf(
  where: string,
  pictures: AsyncIterable<Example>,
  size: Sides | undefined,
): AsyncGenerator<PictureBytes> {
  let first: { readonly sides: Sides; readonly name: string } | undefined;
  let waiting: RgbImage[] = [];
  for await (const { image, name } of pictures) {
    const taken = size === undefined ? image : broughtTo(image, size);
    first ??= { sides: taken, name };
    if (taken.width !== first.sides.width || taken.height !== first.sides.height)
      throw new Error(
        `${where}: expected pictures of one size, got ${formatSides(first.sides)} (${first.name}) and ${formatSides(taken)} (${name}); ` +
          "pass --at N to bring all to one",
      );
    waiting.push(taken);
    if (waiting.length < BATCH) continue;
    yield sideBySide(waiting);
    waiting = [];
  }
  if (waiting.length > 0) yield sideBySide(waiting);
}

/** Pictures of one size as one array of bytes. */
export function sideBySide(images: readonly RgbImage[]): PictureBytes {
  const { width, height } = images[0]!;
  const data = new Uint8Array(images.length * width * height * 3);
  images.forEach((image, i) => {
    data.set(image.data, i * width * height * 3);
  });
  return { data, count: images.length, width, height };
}

/** The largest centred part of the wanted ratio, resampled (cubic, antialiased); a picture that fits passes through. */
export function broughtTo(image: RgbImage, { width, height }: Sides): RgbImage {
  if (image.width === width && image.height === height) return image;
  const scale = Math.min(image.width / width, image.height / height);
  const [w, h] = [width * scale, height * scale];
  const view = { left: (image.width - w) / 2, top: (image.height - h) / 2, width: w, height: h, flip: false };
  const values = resample(image, view, width, height, "edge");
  return { width, height, data: Uint8Array.from(values, (v) => Math.min(255, Math.max(0, Math.round(v)))) };
}

/** What `broughtTo` did, for protocols. */
export const PREPARATION = "centre part, cubic with antialiasing";
export const UNPREPARED = "as they are";
