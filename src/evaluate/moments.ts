import { blockMemory, type DoubleProduct, mirror, upperBlocks } from "./double-products.ts";

/** Mean and covariance of feature rows. */
export interface Moments {
  /** Rows that they come from; undefined where a file of statistics does not say. */
  readonly count: number | undefined;
  readonly dim: number;
  readonly mean: Float64Array;
  /** [dim, dim], divided by count − 1 as `np.cov` does. */
  readonly covariance: Float64Array;
}

/** Rows that one product takes. No power of two: features that far apart would share a few lines of the caches. */
const CHUNK = 1032;

/**
 * Mean and covariance in float64 of rows [n, dim], added batch by batch, one call at a time; memory grows with dim², not with the number
 * of rows. `finish` throws a RangeError below two rows. Rows are shifted by the first chunk's mean before they are multiplied, so that
 * features far from zero lose no digits.
 */
export function sumMoments(dim: number, product: DoubleProduct) {
  const sums = new Float64Array(dim);
  /** On and above the diagonal. */
  const squares = new Float64Array(dim * dim);
  const memory = blockMemory(dim);
  /** Rows that wait for a product, feature by feature: [dim, CHUNK]. */
  const held = new Float64Array(dim * CHUNK);
  let shift: Float64Array | undefined;
  let waiting = 0;
  let count = 0;
  async function flush(): Promise<void> {
    if (waiting === 0) return;
    shift ??= meansOf(held, dim, waiting);
    const rows = shiftedFeatures(held, dim, waiting, shift, sums);
    const rowsOf = (from: number, to: number) => rows.subarray(from * waiting, to * waiting);
    for await (const { from, to, block } of upperBlocks(rowsOf, rows, dim, waiting, product, memory))
      addBlock(squares, dim, from, to, block);
    count += waiting;
    waiting = 0;
  }
  return {
    async add(rows: Float32Array | Float64Array): Promise<void> {
      if (rows.length % dim !== 0)
        throw new RangeError(`moments: expected rows of ${dim} numbers, got ${rows.length} numbers`);
      for (let at = 0; at < rows.length; at += dim) {
        holdRow(held, rows, at, dim, waiting);
        waiting++;
        if (waiting === CHUNK) await flush();
      }
    },
    async finish(): Promise<Moments> {
      await flush();
      if (count < 2) throw new RangeError(`moments: expected at least two rows, got ${count}`);
      const covariance = squares;
      for (let i = 0; i < dim; i++)
        for (let j = i; j < dim; j++)
          covariance[i * dim + j] = (squares[i * dim + j]! - (sums[i]! * sums[j]!) / count) / (count - 1);
      mirror(covariance, dim);
      const mean = sums.map((sum, j) => shift![j]! + sum / count);
      return { count, dim, mean, covariance };
    },
  };
}

/** Puts the row that begins at `at` in place `row` of every feature. */
function holdRow(held: Float64Array, rows: Float32Array | Float64Array, at: number, dim: number, row: number): void {
  for (let j = 0, to = row; j < dim; j++, to += CHUNK) held[to] = rows[at + j]!;
}

/** Means of the first `count` numbers of each feature. */
function meansOf(held: Float64Array, dim: number, count: number): Float64Array {
  return Float64Array.from({ length: dim }, (_, j) => {
    let sum = 0;
    for (let i = j * CHUNK; i < j * CHUNK + count; i++) sum += held[i]!;
    return sum / count;
  });
}

/** The first `count` numbers of each feature less its shift, in place and close together: [dim, count]. They are added to the sums. */
function shiftedFeatures(
  held: Float64Array,
  dim: number,
  count: number,
  shift: Float64Array,
  sums: Float64Array,
): Float64Array {
  for (let j = 0; j < dim; j++) {
    const [from, to, less] = [j * CHUNK, j * count, shift[j]!];
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const value = held[from + i]! - less;
      held[to + i] = value;
      sum += value;
    }
    sums[j]! += sum;
  }
  return held.subarray(0, dim * count);
}

/** Adds rows `from` to `to` of a matrix [dim, dim] from column `from` on. */
function addBlock(matrix: Float64Array, dim: number, from: number, to: number, block: Float64Array): void {
  const width = dim - from;
  for (let i = from, at = 0; i < to; i++) {
    const row = i * dim + from;
    for (let j = 0; j < width; j++, at++) matrix[row + j]! += block[at]!;
  }
}

/** Mean and covariance of rows held in memory. */
export async function momentsOf(
  rows: Float32Array | Float64Array,
  dim: number,
  product: DoubleProduct,
): Promise<Moments> {
  const sum = sumMoments(dim, product);
  await sum.add(rows);
  return sum.finish();
}

/** Rows of a batch: [n, places, width]. */
export interface PlacedRows {
  readonly data: Float32Array;
  readonly places: number;
  readonly width: number;
}

/** Moments of each place. */
export type PlacedMoments = readonly Moments[];

/** Adds pictures batch by batch; memory grows with places · width², not with the number of pictures. */
export interface PlacedSum {
  /** Rows [n, places, width]. */
  add(rows: Float32Array): void;
  /** @throws RangeError below two pictures */
  finish(): PlacedMoments;
}

/**
 * Mean and covariance (divided by count − 1) in float64 of every place of pictures, so that a distance sees what moved as well
 * as what changed.
 */
export function sumPlaced(places: number, width: number): PlacedSum {
  const size = places * width;
  const sums = new Float64Array(size);
  const squares = new Float64Array(size * width);
  let count = 0;
  return {
    add(rows) {
      if (rows.length % size !== 0)
        throw new RangeError(`placed: expected rows of ${places}x${width} numbers, got ${rows.length} numbers`);
      for (let at = 0; at < rows.length; at += size, count++)
        for (let first = 0; first < size; first += width)
          for (let i = 0; i < width; i++) {
            const value = rows[at + first + i]!;
            sums[first + i]! += value;
            for (let j = 0; j <= i; j++) squares[(first + i) * width + j]! += value * rows[at + first + j]!;
          }
    },
    finish() {
      if (count < 2) throw new RangeError(`placed: expected at least two pictures, got ${count}`);
      return Array.from({ length: places }, (_, place): Moments => {
        const mean = sums.slice(place * width, (place + 1) * width).map((sum) => sum / count);
        const covariance = new Float64Array(width * width);
        for (let i = 0; i < width; i++)
          for (let j = 0; j <= i; j++) {
            const product = squares[(place * width + i) * width + j]! - count * mean[i]! * mean[j]!;
            covariance[i * width + j] = covariance[j * width + i] = product / (count - 1);
          }
        return { count, dim: width, mean, covariance };
      });
    },
  };
}
