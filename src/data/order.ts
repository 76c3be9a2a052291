import { createRandom } from "../sampling/index.ts";
import type { Chunk, Dataset, Example } from "./dataset.ts";

/** So many chunks are read side by side, their rows mixed, when a data set is stored in chunks. */
const CHUNKS_MIXED = 4;

/**
 * The order of one epoch: a permutation that depends on the seed, the epoch's number and the data set's length (and
 * chunks) only. Data sets stored in chunks are shuffled in two steps (chunks, then rows within a few of them), so that
 * each chunk is read once.
 */
export function epochOrder(dataset: Pick<Dataset, "length" | "chunks">, seed: number, epoch: number): Uint32Array {
  const random = createRandom(seed, "epoch", epoch);
  if (!dataset.chunks) return Uint32Array.from(random.shuffle(rows({ begin: 0, end: dataset.length })));
  const chunks = random.shuffle([...dataset.chunks]);
  const order: number[] = [];
  for (let i = 0; i < chunks.length; i += CHUNKS_MIXED) {
    for (const row of random.shuffle(chunks.slice(i, i + CHUNKS_MIXED).flatMap(rows))) order.push(row);
  }
  return Uint32Array.from(order);
}

function rows({ begin, end }: Chunk): number[] {
  return Array.from({ length: end - begin }, (_, i) => begin + i);
}

/** So many chunks a reader should keep in memory for `epochOrder` to read each once. */
export const chunksKept = CHUNKS_MIXED + 1;

/** The pictures of `order` from place `from` on, `ahead` of them being read at a time. A failure counts when its turn comes. */
export function* readAhead(
  dataset: Dataset,
  order: ArrayLike<number>,
  ahead: number,
  from = 0,
): Generator<Promise<Example>, void, undefined> {
  const reading: Promise<Example>[] = [];
  for (let at = from, next = from; at < order.length; at++) {
    for (; next < order.length && next < at + ahead; next++) {
      const one = dataset.get(order[next]!);
      one.catch(() => undefined);
      reading.push(one);
    }
    yield reading.shift()!;
  }
}

/** The data set's own order. */
export const ownOrder = ({ length }: Dataset): Uint32Array => Uint32Array.from({ length }, (_, i) => i);
