/** Means over the kept pixels of a square around each pixel, by running sums: the cost does not depend on the square's size. */

/** Rows of differences, and which of them count. */
interface Kept {
  readonly width: number;
  readonly height: number;
  /** [height, width], 1 = does not count. */
  readonly hole: Uint8Array;
  /** [height, width, 3], 0 where it does not count. */
  readonly difference: Float32Array;
}

/**
 * For rows `from` up to, not including, `to` the mean of the kept pixels within `radius` pixels along both axes, [rows, width, 3]; 0 where
 * there are none.
 */
export function keptMean(
  { width, height, hole, difference }: Kept,
  radius: number,
  from: number,
  to: number,
): Float32Array {
  const out = new Float32Array(3 * width * (to - from));
  /** Sums of each column over the rows in reach, and how many pixels they are of. */
  const columns = new Float64Array(4 * width);
  const add = (y: number, sign: 1 | -1): void => {
    if (y < 0 || y >= height) return;
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (hole[i] === 1) continue;
      for (let c = 0; c < 3; c++) columns[4 * x + c] = columns[4 * x + c]! + sign * difference[3 * i + c]!;
      columns[4 * x + 3] = columns[4 * x + 3]! + sign;
    }
  };
  for (let y = from - radius; y < from + radius; y++) add(y, 1);
  const sums = new Float64Array(4);
  const slide = (x: number, sign: 1 | -1): void => {
    if (x < 0 || x >= width) return;
    for (let c = 0; c < 4; c++) sums[c] = sums[c]! + sign * columns[4 * x + c]!;
  };
  for (let y = from; y < to; y++) {
    add(y + radius, 1);
    sums.fill(0);
    for (let x = -radius; x < radius; x++) slide(x, 1);
    for (let x = 0; x < width; x++) {
      slide(x + radius, 1);
      const count = sums[3]!;
      if (count > 0) for (let c = 0; c < 3; c++) out[3 * ((y - from) * width + x) + c] = sums[c]! / count;
      slide(x - radius, -1);
    }
    add(y - radius, -1);
  }
  return out;
}
