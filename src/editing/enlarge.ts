/** Bicubic enlarging a few rows at a time, so that a patch never exists whole at a photograph's size. */
import { cubic, type MasterImage } from "../image/index.ts";

const TAPS = 4;

/** For each output of an axis its four inputs and their weights, as `bicubicMatrix` has them. */
interface Taps {
  readonly at: Int32Array;
  readonly weight: Float64Array;
}

function tapsOf(from: number, to: number): Taps {
  const at = new Int32Array(to * TAPS);
  const weight = new Float64Array(to * TAPS);
  for (let i = 0; i < to; i++) {
    const centre = ((i + 0.5) * from) / to - 0.5;
    const base = Math.floor(centre) - 1;
    for (let tap = 0; tap < TAPS; tap++) {
      at[i * TAPS + tap] = Math.min(Math.max(base + tap, 0), from - 1);
      weight[i * TAPS + tap] = cubic(centre - base - tap, -0.75);
    }
  }
  return { at, weight };
}

/** Rows of an enlarged picture, colours only. */
export interface EnlargedRows {
  /** Rows `from` up to, not including, `to` as [rows, width, 3], in the picture's own range, not clamped. */
  rows(from: number, to: number): Float32Array;
}

/** A picture's colours enlarged to a size (bicubic, as `bicubicMatrix`), row by row; at its own size as they are. Reduced sizes are not smoothed. */
export function enlargedRows(
  { data, width, height, channels }: MasterImage,
  toWidth: number,
  toHeight: number,
): EnlargedRows {
  const [across, down] = [tapsOf(width, toWidth), tapsOf(height, toHeight)];
  /** Rows widened already; those that the next ones need again are few. */
  const known = new Map<number, Float32Array>();
  const widened = (row: number): Float32Array => {
    const seen = known.get(row);
    if (seen !== undefined) return seen;
    const out = new Float32Array(3 * toWidth);
    for (let x = 0; x < toWidth; x++)
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let tap = x * TAPS; tap < (x + 1) * TAPS; tap++)
          sum += across.weight[tap]! * data[(row * width + across.at[tap]!) * channels + c]!;
        out[3 * x + c] = sum;
      }
    if (known.size >= 2 * TAPS) known.delete(known.keys().next().value!);
    known.set(row, out);
    return out;
  };
  return {
    rows(from, to) {
      const out = new Float32Array((to - from) * 3 * toWidth);
      for (let y = from; y < to; y++) {
        const line = out.subarray((y - from) * 3 * toWidth, (y - from + 1) * 3 * toWidth);
        for (let tap = y * TAPS; tap < (y + 1) * TAPS; tap++) {
          const weight = down.weight[tap]!;
          if (weight === 0) continue;
          const source = widened(down.at[tap]!);
          for (let i = 0; i < line.length; i++) line[i] = line[i]! + weight * source[i]!;
        }
      }
      return out;
    },
  };
}
