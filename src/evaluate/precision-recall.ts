import type { Random } from "../sampling/index.ts";
import { resampled } from "./bootstrap.ts";
import { type DoubleProduct, productTiles } from "./double-products.ts";

/** The nearest other rows of each row, nearest first: [n, width]. */
interface Nearest {
  readonly width: number;
  readonly squares: Float64Array;
  readonly numbers: Int32Array;
}

/** Neighbours known of each drawn row, in multiples of k: resampled rows may be farther apart. */
const WIDER = 4;

/**
 * Improved precision and recall (Kynkäänniemi et al. 2019): a set's manifold is the union of balls around its rows, each
 * reaching to the row's k-th nearest other row. All rows are used on both sides, balls include their surface.
 * @param real [n, dim] and `drawn` [m, dim]; more than k rows each
 * @returns the share of drawn pictures inside the real manifold (precision) and of real ones inside the drawn (recall), for each picture
 * whether it is, and for `recallReplicates` the drawn rows' neighbourhoods, a few times wider than their balls, with pairs of a real row
 * and a drawn one whose neighbourhood it lies in, and their squared distance
 */
export async function precisionRecall(
  real: Float32Array,
  drawn: Float32Array,
  dim: number,
  product: DoubleProduct,
  k = 3,
) {
  const ofReal = await nearestRows(real, dim, k, k, product);
  const ofDrawn = await nearestRows(drawn, dim, k, WIDER * k, product);
  const realInside = new Uint8Array(real.length / dim);
  const drawnInside = new Uint8Array(drawn.length / dim);
  const pairs: (readonly [real: number, drawn: number, square: number])[] = [];
  const { width, squares } = ofDrawn;
  await eachDistance(real, drawn, dim, product, (i, j, square) => {
    if (square <= ofReal.squares[i * k + k - 1]!) drawnInside[j] = 1;
    if (square > squares[j * width + width - 1]!) return;
    pairs.push([i, j, square]);
    if (square <= squares[j * width + k - 1]!) realInside[i] = 1;
  });
  return {
    precision: shareOf(drawnInside),
    recall: shareOf(realInside),
    drawnInside,
    realInside,
    drawnBalls: { k, nearest: ofDrawn, pairs },
  };
}

/** The recall of resampled drawn rows: a ball reaches as far as its k-th neighbour, rows drawn twice counted twice. */
export function recallReplicates(
  { realInside, drawnInside, drawnBalls: { k, nearest, pairs } }: Awaited<ReturnType<typeof precisionRecall>>,
  random: Random,
  replicates: number,
): Float64Array {
  const count = drawnInside.length;
  return Float64Array.from({ length: replicates }, () => {
    const times = new Uint16Array(count);
    for (const j of resampled(count, random)) times[j]!++;
    const radii = Float64Array.from(times, (own, j) => (own === 0 ? -1 : radiusOf(nearest, j, times, k)));
    const inside = new Uint8Array(realInside.length);
    for (const [i, j, square] of pairs) if (square <= radii[j]!) inside[i] = 1;
    return shareOf(inside);
  });
}

/** Squared distance to the k-th of the rows that are there; the farthest known where there are fewer. */
function radiusOf({ width, squares, numbers }: Nearest, row: number, times: Uint16Array, k: number): number {
  let seen = 0;
  for (let at = row * width; at < (row + 1) * width; at++) {
    seen += times[numbers[at]!]!;
    if (seen >= k) return squares[at]!;
  }
  return squares[(row + 1) * width - 1]!;
}

const shareOf = (flags: Uint8Array): number => flags.reduce((sum, flag) => sum + flag, 0) / flags.length;

/** The `most` nearest other rows of each row, or all of fewer. */
async function nearestRows(
  rows: Float32Array,
  dim: number,
  k: number,
  most: number,
  product: DoubleProduct,
): Promise<Nearest> {
  const n = rows.length / dim;
  if (!Number.isInteger(n) || n <= k)
    throw new RangeError(`precisionRecall: expected more than ${k} whole rows of ${dim}, got ${rows.length} numbers`);
  const width = Math.min(most, n - 1);
  const squares = new Float64Array(n * width).fill(Number.POSITIVE_INFINITY);
  const numbers = new Int32Array(n * width);
  await eachDistance(rows, rows, dim, product, (i, j, square) => {
    const first = i * width;
    let at = first + width - 1;
    if (i === j || square >= squares[at]!) return;
    for (; at > first && squares[at - 1]! > square; at--) {
      squares[at] = squares[at - 1]!;
      numbers[at] = numbers[at - 1]!;
    }
    squares[at] = square;
    numbers[at] = j;
  });
  return { width, squares, numbers };
}

/** Calls `see` with the squared distance of every pair, tile by tile; each distance has the same bits whichever call asks. */
async function eachDistance(
  a: Float32Array,
  b: Float32Array,
  dim: number,
  product: DoubleProduct,
  see: (i: number, j: number, square: number) => void,
): Promise<void> {
  const [aSquares, bSquares] = [squaredNorms(a, dim), squaredNorms(b, dim)];
  for await (const { i0, j0, rows, columns, dots } of productTiles(a, b, dim, product))
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        const square = aSquares[i0 + i]! + bSquares[j0 + j]! - 2 * dots[i * columns + j]!;
        see(i0 + i, j0 + j, Math.max(0, square));
      }
}

function squaredNorms(rows: Float32Array, dim: number): Float64Array {
  return Float64Array.from({ length: rows.length / dim }, (_, i) => {
    let sum = 0;
    for (let k = i * dim; k < (i + 1) * dim; k++) sum += rows[k]! ** 2;
    return sum;
  });
}
