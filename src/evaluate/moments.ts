import type { DoubleProduct } from "./double-products.ts";

/** Mean and covariance of feature rows. */
export interface Moments {
  /** Rows that they come from; undefined where a file of statistics does not say. */
  readonly count: number | undefined;
  readonly dim: number;
  readonly mean: Float64Array;
  /** [dim, dim], divided by count − 1 as `np.cov` does. */
  readonly covariance: Float64Array;
}

/** Rows that one product takes: larger products use the cores better. */
const CHUNK = 2048;

/**
 * Mean and covariance in float64 of rows [n, dim], added batch by batch, one call at a time; memory grows with dim², not with the number
 * of rows. `finish` throws a RangeError below two rows. Rows are shifted by the first chunk's mean before they are multiplied, so that
 * features far from zero lose no digits.
 */
export function sumMoments(dim: number, product: DoubleProduct) {
  const sums = new Float64Array(dim);
  const squares = new Float64Array(dim * dim);
  const held = new Float64Array(CHUNK * dim);
  let shift: Float64Array | undefined;
  let waiting = 0;
  let count = 0;
  async function flush(): Promise<void> {
    if (waiting === 0) return;
    const rows = held.subarray(0, waiting * dim);
    shift ??= meanOf(rows, dim);
    for (let at = 0; at < rows.length; )
      for (let j = 0; j < dim; j++, at++) {
        rows[at]! -= shift[j]!;
        sums[j]! += rows[at]!;
      }
    const outer = await product(rows, rows, { rows: dim, inner: waiting, columns: dim, transA: true });
    for (let k = 0; k < squares.length; k++) squares[k]! += outer[k]!;
    count += waiting;
    waiting = 0;
  }
  return {
    async add(rows: Float32Array | Float64Array): Promise<void> {
      if (rows.length % dim !== 0)
        throw new RangeError(`moments: expected rows of ${dim} numbers, got ${rows.length} numbers`);
      for (let from = 0; from < rows.length; ) {
        const taken = Math.min(rows.length - from, (CHUNK - waiting) * dim);
        held.set(rows.subarray(from, from + taken), waiting * dim);
        waiting += taken / dim;
        from += taken;
        if (waiting === CHUNK) await flush();
      }
    },
    async finish(): Promise<Moments> {
      await flush();
      if (count < 2) throw new RangeError(`moments: expected at least two rows, got ${count}`);
      const covariance = squares;
      for (let i = 0, at = 0; i < dim; i++)
        for (let j = 0; j < dim; j++, at++)
          covariance[at] = (squares[at]! - (sums[i]! * sums[j]!) / count) / (count - 1);
      const mean = sums.map((sum, j) => shift![j]! + sum / count);
      return { count, dim, mean, covariance };
    },
  };
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

function meanOf(rows: Float64Array, dim: number): Float64Array {
  const mean = new Float64Array(dim);
  const count = rows.length / dim;
  for (let at = 0; at < rows.length; ) for (let j = 0; j < dim; j++, at++) mean[j]! += rows[at]! / count;
  return mean;
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
