/** Near looks of a set of pictures: a shallow vector of each, and patches at fixed places of two resolutions. */
import type { DoubleProduct } from "./double-products.ts";
import { type Moments, sumMoments } from "./moments.ts";
import { type PlacedMoments, type PlacedRows, type PlacedSum, sumPlaced } from "./placed.ts";
import { type RowCollector, rowCollector } from "./row-collector.ts";

/** Rows of a batch. */
export interface DetailRows {
  /** [n, shallow width] */
  readonly shallow: Float32Array;
  /** Patches of the whole picture, and of the picture at half its size. */
  readonly fine: PlacedRows;
  readonly coarse: PlacedRows;
}

export const patchScales = ["fine", "coarse"] as const;
export type PatchScale = (typeof patchScales)[number];

export interface DetailSet {
  readonly shallow: Moments;
  /** [count, shallow width], where rows are kept. */
  readonly shallowRows?: Float32Array | undefined;
  readonly patches: Readonly<Record<PatchScale, PatchSet>>;
}

export interface PatchSet {
  readonly moments: PlacedMoments;
  /** [count, places, width], where rows are kept. */
  readonly rows?: Float32Array | undefined;
}

export interface DetailCollector {
  add(rows: DetailRows): Promise<void>;
  finish(): Promise<DetailSet>;
}

/** Sums the details of batches, and keeps their rows where asked. The first batch says how wide they are. */
export async function collectDetails(
  first: DetailRows,
  keep: boolean,
  product: DoubleProduct,
): Promise<DetailCollector> {
  const count = first.fine.data.length / (first.fine.places * first.fine.width);
  const shallow = sumMoments(first.shallow.length / count, product);
  const shallowRows = rowCollector(keep);
  const patches = {
    fine: patchCollector(first.fine, keep),
    coarse: patchCollector(first.coarse, keep),
  };
  const collector: DetailCollector = {
    async add(rows) {
      await shallow.add(rows.shallow);
      shallowRows.add(rows.shallow);
      for (const scale of patchScales) {
        patches[scale].sum.add(rows[scale].data);
        patches[scale].rows.add(rows[scale].data);
      }
    },
    async finish() {
      const done = ({ sum, rows }: PatchCollector): PatchSet => ({ moments: sum.finish(), rows: rows.all() });
      return {
        shallow: await shallow.finish(),
        shallowRows: shallowRows.all(),
        patches: { fine: done(patches.fine), coarse: done(patches.coarse) },
      };
    },
  };
  await collector.add(first);
  return collector;
}

interface PatchCollector {
  readonly sum: PlacedSum;
  readonly rows: RowCollector;
}

const patchCollector = ({ places, width }: PlacedRows, keep: boolean): PatchCollector => ({
  sum: sumPlaced(places, width),
  rows: rowCollector(keep),
});
