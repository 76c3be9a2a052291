/** Features of a set of pictures, gathered in one pass. */

import { type Example, resample } from "../data/index.ts";
import { FileError } from "../errors/index.ts";
import { concatArrays } from "../files/index.ts";
import type { RgbImage } from "../image/index.ts";
import { joinTops, type TopClasses, topClasses } from "./class-scores.ts";
import type { DoubleProduct } from "./double-products.ts";
import type { FeatureExtractor, FeatureRows, PictureBytes } from "./features.ts";
import { type PlacedMoments, type PlacedRows, sumMoments, sumPlaced } from "./moments.ts";

/** What sets are compared by: a network's features and spatial ones, near looks as one vector, and as patches of two sizes. */
export const featureParts = ["features", "spatial", "shallow", "fine", "coarse"] as const;
export type FeaturePart = (typeof featureParts)[number];

/** Whether a part is compared place by place. */
export const isPlaced = (part: FeaturePart): boolean => part === "fine" || part === "coarse";

export interface PartSet {
  /** One; of patches one for each place. */
  readonly moments: PlacedMoments;
  /** [count, places · width], where rows are kept. */
  readonly rows?: Float32Array | undefined;
}

/** Those parts that there are. */
export type PartSets = { readonly [K in FeaturePart]?: PartSet } & { readonly features: PartSet };

/** Which rows are held; moments are always summed. Memory grows with the number of pictures for those that are. */
export type Kept = ReadonlySet<FeaturePart | "logits">;

export interface FeatureSet {
  readonly count: number;
  readonly size: Sides;
  readonly parts: PartSets;
  /** [count, classes] */
  readonly logits?: Float32Array | undefined;
  /** The likeliest five classes and groups, where the network gives scores. */
  readonly top?: TopClasses | undefined;
}

/** Sides in pixels. */
export interface Sides {
  readonly width: number;
  readonly height: number;
}

export const formatSides = ({ width, height }: Sides): string => `${width}x${height}`;

/**
 * Pictures that a network takes at once. The one rule of how numbers of a set come about: features are taken of batches of so many in the set's
 * order, and their rows are summed in that order; who takes those of a part alone takes whole batches.
 */
export const FEATURE_BATCH = 16;

/** Sums rows [n, places · width] of a part, of patches place by place. */
export function sumPart(part: FeaturePart, { places, width }: Omit<PlacedRows, "data">, product: DoubleProduct) {
  if (isPlaced(part)) return sumPlaced(places, width);
  const { add, finish } = sumMoments(width, product);
  return { add, finish: async (): Promise<PlacedMoments> => [await finish()] };
}

function collectPart(part: FeaturePart, form: PlacedRows, keep: boolean, product: DoubleProduct) {
  const sum = sumPart(part, form, product);
  const rows: Float32Array[] = [];
  return {
    async add(data: Float32Array): Promise<void> {
      await sum.add(data);
      if (keep) rows.push(Float32Array.from(data));
    },
    finish: async (): Promise<PartSet> => ({ moments: await sum.finish(), rows: joinRows(rows) }),
  };
}

const joinRows = (rows: readonly Float32Array[]): Float32Array | undefined =>
  rows.length === 0 ? undefined : concatArrays(Float32Array, rows);

function partsOf({ features, spatial, details }: FeatureRows, count: number) {
  const whole = (data: Float32Array): PlacedRows => ({ data, places: 1, width: data.length / count });
  const others = details && { ...details, shallow: whole(details.shallow) };
  return { features: whole(features), spatial: spatial && whole(spatial), ...others };
}

/**
 * Sums and keeps what a network says about batches. `add` takes pictures of the size that those before had and returns how many
 * there are; `finish` throws an error below two pictures.
 */
export function collectFeatures(where: string, extractor: FeatureExtractor, kept: Kept, product: DoubleProduct) {
  const parts = new Map<FeaturePart, ReturnType<typeof collectPart>>();
  const logitRows: Float32Array[] = [];
  const tops: TopClasses[] = [];
  let size: Sides | undefined;
  let count = 0;
  return {
    async add(batch: PictureBytes): Promise<number> {
      size ??= { width: batch.width, height: batch.height };
      const { logits, ...rows } = await extractor.extract(batch);
      const found: { readonly [K in FeaturePart]?: PlacedRows | undefined } = partsOf(rows, batch.count);
      for (const part of featureParts) {
        const own = found[part];
        if (own === undefined) continue;
        const collector = parts.get(part) ?? collectPart(part, own, kept.has(part), product);
        parts.set(part, collector);
        await collector.add(own.data);
      }
      if (logits !== undefined) {
        if (kept.has("logits")) logitRows.push(Float32Array.from(logits));
        tops.push(topClasses(logits, batch.count, extractor.groups));
      }
      count += batch.count;
      return count;
    },
    async finish(): Promise<FeatureSet> {
      if (size === undefined || count < 2) throw new FileError(where, "at least two pictures", count);
      const sets = new Map<FeaturePart, PartSet>();
      for (const [part, collector] of parts) sets.set(part, await collector.finish());
      const all = Object.fromEntries(sets) as PartSets;
      return { count, size, parts: all, logits: joinRows(logitRows), top: joinTops(tops) };
    },
  };
}

/** Pictures brought to a size, or else of one size, side by side. @throws Error naming the set, `where`, if sizes differ */
export async function* batchesOf(
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
    if (waiting.length < FEATURE_BATCH) continue;
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
