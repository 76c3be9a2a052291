/** Features at fixed places of pictures: their distance is a mean over places, so that it sees what moved as well as what changed. */
import type { DoubleProduct } from "./double-products.ts";
import { frechetDistance } from "./frechet.ts";
import type { Moments } from "./moments.ts";

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

/** Mean and covariance (divided by count − 1) of every place, in float64. */
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

/**
 * Mean over places of the Fréchet distance between what two sets have there. At least 0.
 * @throws RangeError where places or widths differ
 */
export async function placedDistance(a: PlacedMoments, b: PlacedMoments): Promise<number> {
  if (a.length !== b.length) throw new RangeError(`placed: expected ${b.length} places, got ${a.length}`);
  let sum = 0;
  for (const [place, own] of a.entries()) sum += await frechetDistance(own, b[place]!, smallProduct);
  return sum / a.length;
}

/** Products of few rows: leaving for ONNX Runtime and coming back would take longer. */
const smallProduct: DoubleProduct = async (a, b, { rows, inner, columns, transA = false, transB = false }) => {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < inner; k++) {
      const value = transA ? a[k * rows + i]! : a[i * inner + k]!;
      for (let j = 0; j < columns; j++)
        out[i * columns + j]! += value * (transB ? b[j * inner + k]! : b[k * columns + j]!);
    }
  return out;
};
