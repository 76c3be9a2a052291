/** Windows on one token grid: every token is drawn once, from the logits of all windows that see it. */
import type { FilterOptions, Grid, Random, RowSampler } from "../sampling/index.ts";

/** Logits of one row of windows side by side, [windows, h·w, V]. */
export interface WindowRow {
  /** First row of cells that these windows see. */
  readonly top: number;
  readonly logits: Float32Array;
}

/** Weight of cell `i` of `side` in its window: falls towards the window's edges, where context is missing. */
const weightAt = (i: number, side: number): number => Math.min(i, side - 1 - i) + 0.5;

/**
 * Draws the cells [fromRow, toRow) of a grid of `columns` cells a row: a cell's logits are averaged over the windows that see it, with weights that fall
 * towards each window's edges.
 * @param side cells of a window at this scale.
 * @param lefts first columns of a row's windows.
 * @param tokens the grid's code ids, [rows · columns]; the drawn ones are written here.
 */
export function drawRows(
  tokens: Int32Array,
  { fromRow, toRow, columns }: { readonly fromRow: number; readonly toRow: number; readonly columns: number },
  windows: { readonly side: Grid; readonly lefts: readonly number[]; readonly rows: readonly WindowRow[] },
  sampler: RowSampler,
  filter: FilterOptions,
  random: Random,
): void {
  const { side, lefts, rows } = windows;
  const [h, w] = side;
  const V = sampler.vocabSize;
  const mixed = new Float32Array(V);
  for (let y = fromRow; y < toRow; y++)
    for (let x = 0; x < columns; x++) {
      mixed.fill(0);
      let total = 0;
      for (const { top, logits } of rows) {
        if (y < top || y >= top + h) continue;
        for (const [j, left] of lefts.entries()) {
          if (x < left || x >= left + w) continue;
          const weight = weightAt(y - top, h) * weightAt(x - left, w);
          const begin = ((j * h + (y - top)) * w + (x - left)) * V;
          for (let v = 0; v < V; v++) mixed[v] = mixed[v]! + weight * logits[begin + v]!;
          total += weight;
        }
      }
      for (let v = 0; v < V; v++) mixed[v] = mixed[v]! / total;
      tokens[y * columns + x] = sampler.sample(mixed, 0, filter, random.uniform());
    }
}

/** A window's part [h, w, Z] of a grid [·, columns, Z]. */
export function windowPart<T extends Int32Array | Float32Array>(
  data: T,
  columns: number,
  [h, w]: Grid,
  top: number,
  left: number,
  Z = 1,
): T {
  const out = data.slice(0, h * w * Z) as T;
  for (let y = 0; y < h; y++) {
    const from = ((top + y) * columns + left) * Z;
    out.set(data.subarray(from, from + w * Z), y * w * Z);
  }
  return out;
}
