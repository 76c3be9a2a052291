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
/** Columns of a panel: products of panels leave out what symmetry gives, 7 of 16 parts of the work at 2,048 columns. */
const WIDTH = 256;

/** Some columns of the rows that wait for a product: [rows, width], the first being column `from`. */
interface Panel {
  readonly from: number;
  readonly width: number;
  readonly held: Float64Array;
}

/**
 * Mean and covariance in float64 of rows [n, dim], added batch by batch, one call at a time; memory grows with dim², not with the number
 * of rows. `finish` throws a RangeError below two rows. Rows are shifted by the first chunk's mean before they are multiplied, so that
 * features far from zero lose no digits.
 */
export function sumMoments(dim: number, product: DoubleProduct) {
  const sums = new Float64Array(dim);
  /** The panels' part on and below the diagonal. */
  const squares = new Float64Array(dim * dim);
  const panels = Array.from({ length: Math.ceil(dim / WIDTH) }, (_, p): Panel => {
    const width = Math.min(WIDTH, dim - p * WIDTH);
    return { from: p * WIDTH, width, held: new Float64Array(CHUNK * width) };
  });
  let shift: Float64Array | undefined;
  let waiting = 0;
  let count = 0;
  async function flush(): Promise<void> {
    if (waiting === 0) return;
    shift ??= meanOf(panels, waiting, dim);
    const rows = panels.map((panel) => shiftedRows(panel, waiting, shift!, sums));
    for (const [i, left] of panels.entries())
      for (const [j, right] of panels.slice(0, i + 1).entries()) {
        const shape = { rows: left.width, inner: waiting, columns: right.width, transA: true };
        addBlock(squares, dim, left, right, await product(rows[i]!, rows[j]!, shape));
      }
    count += waiting;
    waiting = 0;
  }
  return {
    async add(rows: Float32Array | Float64Array): Promise<void> {
      if (rows.length % dim !== 0)
        throw new RangeError(`moments: expected rows of ${dim} numbers, got ${rows.length} numbers`);
      for (let at = 0; at < rows.length; at += dim) {
        for (const { from, width, held } of panels)
          held.set(rows.subarray(at + from, at + from + width), waiting * width);
        waiting++;
        if (waiting === CHUNK) await flush();
      }
    },
    async finish(): Promise<Moments> {
      await flush();
      if (count < 2) throw new RangeError(`moments: expected at least two rows, got ${count}`);
      const covariance = squares;
      for (let i = 0; i < dim; i++)
        for (let j = 0; j <= i; j++) {
          const value = (squares[i * dim + j]! - (sums[i]! * sums[j]!) / count) / (count - 1);
          covariance[i * dim + j] = covariance[j * dim + i] = value;
        }
      const mean = sums.map((sum, j) => shift![j]! + sum / count);
      return { count, dim, mean, covariance };
    },
  };
}

/** A panel's first `count` rows less the shift, in place; they are added to the sums. */
function shiftedRows(
  { from, width, held }: Panel,
  count: number,
  shift: Float64Array,
  sums: Float64Array,
): Float64Array {
  for (let at = 0; at < count * width; )
    for (let j = from; j < from + width; j++, at++) {
      held[at]! -= shift[j]!;
      sums[j]! += held[at]!;
    }
  return held.subarray(0, count * width);
}

/** Adds the products [left, right] of two panels' columns to their place in a matrix [dim, dim]. */
function addBlock(matrix: Float64Array, dim: number, left: Panel, right: Panel, block: Float64Array): void {
  for (let i = 0, at = 0; i < left.width; i++) {
    const row = (left.from + i) * dim + right.from;
    for (let j = 0; j < right.width; j++, at++) matrix[row + j]! += block[at]!;
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

function meanOf(panels: readonly Panel[], count: number, dim: number): Float64Array {
  const mean = new Float64Array(dim);
  for (const { from, width, held } of panels)
    for (let at = 0; at < count * width; )
      for (let j = from; j < from + width; j++, at++) mean[j]! += held[at]! / count;
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
