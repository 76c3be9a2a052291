import { createRandom } from "../sampling/index.ts";
import type { Chunk, Dataset } from "./dataset.ts";

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
