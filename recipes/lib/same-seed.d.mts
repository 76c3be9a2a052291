import type { FilteredRow, FilterOptions, imageStream, RowSampler, raceTime } from "../../src/sampling/index.ts";

interface Scale {
  readonly tokens: ArrayLike<number>;
  readonly logits: Float32Array;
}

export function firstDifference(
  ours: Scale,
  theirs: Scale,
  place: {
    readonly seed: number;
    readonly classId: number;
    readonly drawn: number;
    readonly at: number;
    readonly filter: FilterOptions;
    readonly greedy: boolean;
  },
  sampling: {
    readonly imageStream: typeof imageStream;
    readonly RowSampler: typeof RowSampler;
    readonly raceTime: typeof raceTime;
  },
): { readonly tokens: readonly [number, number]; readonly by: string; readonly distance: number };

type Row = { readonly weights: readonly number[]; readonly total: FilteredRow["total"] };
export function edgeDistance(whole: Row, kept: Row, topP: number): number;
