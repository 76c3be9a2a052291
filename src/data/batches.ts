import { createRandom } from "../sampling/index.ts";
import { type AugmentOptions, centreView, checkAugment, drawView, writeView } from "./augment.ts";
import { CorruptImageError, type Dataset, DatasetError, type Example } from "./dataset.ts";
import { epochOrder, ownOrder, readAhead } from "./order.ts";

/** A place in the endless stream of epochs: what a checkpoint keeps to go on with the next unseen picture. */
export interface StreamPosition {
  readonly epoch: number;
  /** Pictures of this epoch already taken, skipped ones included. */
  readonly taken: number;
}

/** Pictures ready for a network. */
export interface Batch {
  /** [B, 3, size, size] in [-1, 1]. */
  readonly images: Float32Array;
  /** [B] class indices. */
  readonly labels: Int32Array;
  /** [B] numbers in the data set. */
  readonly indices: Uint32Array;
  /** Pictures in this batch. */
  readonly count: number;
  /** Where the stream goes on after this batch. */
  readonly next: StreamPosition;
}

/** How a stream of batches is made. */
export interface BatchOptions {
  /** Side of the pictures in pixels. */
  readonly size: number;
  readonly batchSize: number;
  /** Decides order and augmentation. */
  readonly seed: number;
  /** Random changes; without them every picture is its centre square. */
  readonly augment?: AugmentOptions;
  /** Where to start. Default: the first epoch's beginning. */
  readonly from?: StreamPosition;
  /** Epochs to deliver, counted from 0. Default: without end. */
  readonly epochs?: number;
  /** In the data set's own order instead of a shuffled one. */
  readonly ordered?: boolean;
  /** Deliver an epoch's last, smaller batch instead of dropping it. Default false. */
  readonly keepLast?: boolean;
  /** Pictures decoded at the same time. Default 8. */
  readonly concurrency?: number;
  /** Told of every picture that could not be decoded; it is left out. */
  readonly onCorrupt?: (error: CorruptImageError) => void;
  readonly signal?: AbortSignal;
}

/**
 * Endless (or `epochs` long) batches of a data set. The stream is a pure function of data set, options and position:
 * started from a batch's `next`, it goes on exactly as if it had never stopped. Corrupt pictures are reported and left
 * out; batches stay full.
 * @throws DatasetError when a whole epoch holds no readable picture, or fewer than one batch needs
 */
export async function* batches(dataset: Dataset, options: BatchOptions): AsyncGenerator<Batch, void, undefined> {
  checkOptions(dataset, options);
  const { batchSize } = options;
  const lastEpoch = options.epochs ?? Number.POSITIVE_INFINITY;
  let position: StreamPosition = options.from ?? { epoch: 0, taken: 0 };
  while (position.epoch < lastEpoch) {
    const fresh = position.taken === 0;
    let delivered = 0;
    let pending: Placed[] = [];
    for await (const placed of examples(dataset, options, position)) {
      pending.push(placed);
      if (pending.length < batchSize) continue;
      yield assemble(pending, options, { epoch: position.epoch, taken: placed.taken });
      delivered++;
      pending = [];
    }
    if (pending.length > 0 && options.keepLast) {
      yield assemble(pending, options, { epoch: position.epoch + 1, taken: 0 });
      delivered++;
    }
    if (delivered === 0 && fresh) {
      throw new DatasetError(
        "batches",
        `at least ${options.keepLast ? 1 : batchSize} readable pictures`,
        `${pending.length} in ${dataset.length}`,
      );
    }
    position = { epoch: position.epoch + 1, taken: 0 };
  }
}

/** Every readable picture once, in the data set's own order. */
export const orderedBatches = (
  dataset: Dataset,
  size: number,
  batchSize: number,
  options: Pick<BatchOptions, "augment" | "onCorrupt"> & { readonly seed?: number } = {},
): AsyncGenerator<Batch, void, undefined> =>
  batches(dataset, { size, batchSize, seed: 0, ordered: true, epochs: 1, keepLast: true, ...options });

/** An example and how many pictures of the epoch were taken with it. */
interface Placed {
  readonly example: Example;
  readonly index: number;
  readonly epoch: number;
  readonly taken: number;
}

/** The rest of one epoch, decoded ahead in order; corrupt pictures are reported and skipped. */
async function* examples(dataset: Dataset, options: BatchOptions, from: StreamPosition): AsyncGenerator<Placed> {
  const order = options.ordered ? ownOrder(dataset) : epochOrder(dataset, options.seed, from.epoch);
  let taken = from.taken;
  for (const reading of readAhead(dataset, order, options.concurrency ?? 8, taken)) {
    options.signal?.throwIfAborted();
    const index = order[taken++]!;
    const example = await reading.catch((error: unknown) => {
      if (error instanceof CorruptImageError) return error;
      throw error;
    });
    if (example instanceof CorruptImageError) options.onCorrupt?.(example);
    else yield { example, index, epoch: from.epoch, taken };
  }
}

function assemble(placed: readonly Placed[], options: BatchOptions, next: StreamPosition): Batch {
  const { size, seed, augment } = options;
  const images = new Float32Array(placed.length * 3 * size * size);
  for (const [row, { example, index, epoch }] of placed.entries()) {
    const view = augment
      ? drawView(example.image, size, augment, createRandom(seed, "augment", epoch, index))
      : centreView(example.image);
    writeView(example.image, view, size, augment?.surround ?? "edge", images, row);
  }
  return {
    images,
    labels: Int32Array.from(placed, ({ example }) => example.label),
    indices: Uint32Array.from(placed, ({ index }) => index),
    count: placed.length,
    next,
  };
}

function checkOptions(dataset: Dataset, options: BatchOptions): void {
  for (const name of ["size", "batchSize"] as const) {
    const value = options[name];
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`batches.${name}: expected a whole number above 0, got ${value}`);
    }
  }
  if (dataset.length === 0) throw new DatasetError("batches", "pictures", "an empty data set");
  if (options.augment) checkAugment(options.augment);
}
