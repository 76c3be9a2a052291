import {
  type AugmentOptions,
  type Batch,
  batches,
  type CorruptImageError,
  type Dataset,
  holdOut,
  type OpenOptions,
  openSides,
  orderedBatches,
  type StreamPosition,
  subset,
} from "../data/index.ts";
import { ExpectedError, FileError } from "../errors/index.ts";

/** A data set's two sides. */
export interface SplitData {
  readonly train: Dataset;
  readonly heldOut: Dataset;
}

/**
 * Opens a data set with its own split where it has one, else with a share held out by seed.
 * @throws DatasetError, Error where there is nothing to hold out
 */
export async function openSplit(
  path: string,
  share: number,
  seed: number,
  settled: Pick<OpenOptions, "classes" | "order"> = {},
): Promise<SplitData> {
  const { train, heldOut } = await openSides(path, settled);
  if (heldOut !== undefined) return { train, heldOut };
  const sides = holdOut(train, { share, seed });
  if (sides.train.length > 0 && sides.heldOut.length > 0) return sides;
  throw new FileError(
    path,
    `enough pictures to hold a share of ${share} out`,
    `${train.length}; add pictures or raise data.heldOutShare`,
  );
}

/** Logs every picture that cannot be decoded the first time it is met. */
export function tellingOnce(log: (line: string) => void): (error: CorruptImageError) => void {
  const seen = new Set<string>();
  return ({ picture, message }) => {
    if (seen.has(picture)) return;
    seen.add(picture);
    log(`${message} (skipped, ${seen.size} so far)`);
  };
}

/** An endless stream of training batches that knows where it is. */
export function batchStream(
  dataset: Dataset,
  options: { size: number; batchSize: number; seed: number; augment: AugmentOptions },
  log: (line: string) => void,
) {
  const onCorrupt = tellingOnce(log);
  const open = (from: StreamPosition) => batches(dataset, { ...options, from, onCorrupt });
  let position: StreamPosition = { epoch: 0, taken: 0 };
  let stream = open(position);
  return {
    get position(): StreamPosition {
      return position;
    },
    async next(): Promise<Batch> {
      const { value, done } = await stream.next();
      if (done === true) throw new ExpectedError("training data: expected an endless stream, got its end");
      position = value.next;
      return value;
    },
    /** Goes on from a place. */
    seek(to: StreamPosition): void {
      position = to;
      stream = open(to);
    },
  };
}

export type BatchStream = ReturnType<typeof batchStream>;

/** The first `most` pictures of a data set, evenly spread, unchanged, as one batch. */
export async function fixedBatch(dataset: Dataset, size: number, most: number): Promise<Batch> {
  const count = Math.min(most, dataset.length);
  const chosen = Array.from({ length: count }, (_, i) => Math.floor((i * dataset.length) / count));
  const { value } = await orderedBatches(subset(dataset, chosen), size, count).next();
  if (!value) throw new ExpectedError("evaluation data: expected readable held-out pictures, got none");
  return value;
}
