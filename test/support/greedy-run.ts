import type { FlexVARPipeline, Grid } from "flexvar";

/** A golden greedy run: labels 0 and 3, ramp guidance, the likeliest token everywhere. */
export interface GreedyRun {
  readonly grids: readonly Grid[];
  readonly guidance: number;
  /** Whether the last scale is decoded: the slow part where a driver computes on the CPU. */
  readonly pictures: boolean;
}

/** Its results as the golden data holds them: steps concatenated per picture. */
export interface GreedyResult {
  /** [2, L]. */
  readonly tokens: number[];
  /** [2, L, V], after guidance. */
  readonly logits: number[];
  /** [2, 3, H, W], as the decoder returns it; null without pictures. */
  readonly image: number[] | null;
}

export type GreedyRunName = "s4_var15" | "mid_var25";

/** The runs of `ar_greedy.npz` that every device repeats. */
export const greedyRuns: Readonly<Record<GreedyRunName, GreedyRun>> = {
  s4_var15: { grids: squares(1, 2, 3, 4), guidance: 1.5, pictures: true },
  mid_var25: { grids: squares(1, 2, 4, 6, 8), guidance: 2.5, pictures: true },
};

function squares(...sides: number[]): Grid[] {
  return sides.map((side) => [side, side]);
}

/** Runs in Node and in a page: it knows nothing but the pipeline. */
export async function runGreedy(
  pipe: FlexVARPipeline,
  { grids, guidance, pictures }: GreedyRun,
): Promise<GreedyResult> {
  const tokens: [number[], number[]] = [[], []];
  const logits: [number[], number[]] = [[], []];
  let image: number[] = [];
  const settings = {
    guidance,
    guidanceMode: "ramp",
    topK: 0,
    topP: 0,
    greedy: grids.map((grid) => grid.join("x")).join(),
  } as const;
  for await (const step of pipe.generate({
    classLabels: [0, 3],
    scales: grids.map(([h, w]): [number, number] => [h, w]),
    ...settings,
  })) {
    for (const row of [0, 1] as const) {
      tokens[row].push(...half(step.tokens, row));
      logits[row].push(...half(step.logits, row));
    }
    if (step.isLast && pictures) image = Array.from((await step.decoded()).data);
  }
  return { tokens: tokens.flat(), logits: logits.flat(), image: pictures ? image : null };
}

function half<T extends Int32Array | Float32Array>(values: T, row: 0 | 1): T {
  const l = values.length / 2;
  return values.subarray(row * l, (row + 1) * l) as T;
}
