/** Which training pictures lie nearest to drawn ones: what a model learnt by heart shows there. */
import { CorruptImageError, centreView, type Dataset, orderedBatches, writeView } from "../data/index.ts";
import { contactSheet, planarToRgb, type RgbImage } from "../image/index.ts";
import { fixedBatch, type SplitData } from "./data.ts";

export interface NeighbourOptions {
  /** Neighbours of each picture. */
  readonly count: number;
  /** Whether a training picture's mirror image counts too: where training mirrors pictures. */
  readonly mirrored: boolean;
  /** Side in pixels at which pictures are compared; 16 by default. */
  readonly compareSide?: number;
}

export interface Neighbour {
  /** Number in the data set. */
  readonly index: number;
  readonly name: string;
  readonly mirrored: boolean;
  /** Root mean square difference of the reduced pictures, values in [−1, 1]. */
  readonly distance: number;
}

/** Side in pixels at which pictures are compared by default. */
const COMPARE_SIDE = 16;
const BATCH = 64;
/** Differences summed between looks at the limit. */
const STRETCH = 64;

interface Candidate {
  readonly index: number;
  readonly mirrored: boolean;
  /** Sum of squared differences. */
  readonly square: number;
}

/**
 * The nearest pictures of a data set to each of `pictures`, nearest first: Euclidean distance on pixels, both sides' centre
 * square reduced to `compareSide`. Reads the data set once, in its order, holding one batch; pictures that cannot be decoded
 * are left out.
 */
export async function nearestPictures(
  dataset: Dataset,
  pictures: readonly RgbImage[],
  { count, mirrored, compareSide = COMPARE_SIDE }: NeighbourOptions,
): Promise<Neighbour[][]> {
  const size = 3 * compareSide ** 2;
  const queries = new Float32Array(pictures.length * size);
  pictures.forEach((picture, row) => {
    writeView(picture, centreView(picture), compareSide, "edge", queries, row);
  });
  const mirroredQueries = mirrored ? mirror(queries, compareSide) : undefined;
  const found = pictures.map((): Candidate[] => []);
  for await (const batch of orderedBatches(dataset, compareSide, BATCH))
    for (let row = 0; row < batch.count; row++) {
      const picture = batch.images.subarray(row * size, (row + 1) * size);
      const index = batch.indices[row]!;
      found.forEach((list, query) => {
        const limit = list.length < count ? Number.POSITIVE_INFINITY : list.at(-1)!.square;
        const plain = squareDistance(queries, query * size, picture, limit);
        const turned = mirroredQueries
          ? squareDistance(mirroredQueries, query * size, picture, Math.min(limit, plain))
          : Number.POSITIVE_INFINITY;
        const candidate = { index, mirrored: turned < plain, square: Math.min(plain, turned) };
        if (candidate.square < limit) insert(list, candidate, count);
      });
    }
  return found.map((list) =>
    list.map(({ index, mirrored, square }) => ({
      index,
      name: dataset.nameOf(index),
      mirrored,
      distance: Math.sqrt(square / size),
    })),
  );
}

/** Pictures' neighbours in the training data, and what their distances mean. */
export interface TrainingComparison {
  /** Neighbours of each picture, nearest first. */
  readonly neighbours: readonly (readonly Neighbour[])[];
  /** Mean distance to the nearest training picture, of the pictures and of as many held-out ones: unseen pictures lie so far. */
  readonly nearest: { readonly samples: number; readonly heldOut: number };
}

/** `nearestPictures` in the training data, with held-out pictures beside for scale. */
export async function compareWithTraining(
  { train, heldOut }: SplitData,
  pictures: readonly RgbImage[],
  options: NeighbourOptions,
): Promise<TrainingComparison> {
  const side = pictures[0]!.height;
  const held = await fixedBatch(heldOut, side, pictures.length);
  const planes = { data: held.images, batch: held.count, height: side, width: side };
  const unseen = Array.from({ length: held.count }, (_, i) => planarToRgb(planes, i));
  const found = await nearestPictures(train, [...pictures, ...unseen], options);
  const neighbours = found.slice(0, pictures.length);
  return {
    neighbours,
    nearest: { samples: meanNearest(neighbours), heldOut: meanNearest(found.slice(pictures.length)) },
  };
}

/** Mean distance of each picture's nearest neighbour. */
export function meanNearest(neighbours: readonly (readonly Neighbour[])[]): number {
  return neighbours.reduce((sum, [nearest]) => sum + (nearest?.distance ?? 0), 0) / neighbours.length;
}

/** Each picture with its neighbours to the right, in one frame; `columns` frames a row. */
export async function neighbourSheet(
  dataset: Dataset,
  pictures: readonly RgbImage[],
  neighbours: readonly (readonly Neighbour[])[],
  columns: number,
): Promise<RgbImage> {
  const frames: RgbImage[] = [];
  for (const [i, picture] of pictures.entries()) {
    const cells = [picture];
    for (const { index, mirrored } of neighbours[i]!) {
      const side = picture.height;
      const image = await dataset.get(index).then(({ image }) => image, blankWhereCorrupt);
      const data = new Float32Array(3 * side * side);
      writeView(image, { ...centreView(image), flip: mirrored }, side, "edge", data, 0);
      cells.push(planarToRgb({ data, batch: 1, height: side, width: side }, 0));
    }
    frames.push(contactSheet(cells, { columns: cells.length, margin: 1, background: [90, 90, 90] }));
  }
  return contactSheet(frames, { columns, margin: 5, background: [235, 235, 235] });
}

/** A picture that vanished since it was compared shows as a grey cell. */
function blankWhereCorrupt(error: unknown): RgbImage {
  if (error instanceof CorruptImageError) return { width: 1, height: 1, data: Uint8Array.of(128, 128, 128) };
  throw error;
}

/** Sum of squared differences from `at`, or anything of at least `limit` once it is that large. */
function squareDistance(queries: Float32Array, at: number, picture: Float32Array, limit: number): number {
  let sum = 0;
  for (let begin = 0; begin < picture.length && sum < limit; begin += STRETCH) {
    const end = Math.min(picture.length, begin + STRETCH);
    for (let i = begin; i < end; i++) sum += (queries[at + i]! - picture[i]!) ** 2;
  }
  return sum;
}

/** Puts a candidate at its place in an ascending list of at most `count`. */
function insert(list: Candidate[], candidate: Candidate, count: number): void {
  const after = list.findIndex(({ square }) => square > candidate.square);
  list.splice(after < 0 ? list.length : after, 0, candidate);
  if (list.length > count) list.pop();
}

/** Planes [N, 3, side, side] mirrored left to right. */
function mirror(planes: Float32Array, side: number): Float32Array {
  const out = new Float32Array(planes.length);
  for (let row = 0; row < planes.length; row += side)
    for (let x = 0; x < side; x++) out[row + x] = planes[row + side - 1 - x]!;
  return out;
}
