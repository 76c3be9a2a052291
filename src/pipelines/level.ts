/** One enlargement of a large picture: its finer scales drawn anew in windows that share one grid. */
import type { Level } from "../editing/index.ts";
import type { RgbImage } from "../image/index.ts";
import type { ResolvedSampling } from "../options/index.ts";
import {
  defaultSizes,
  type Grid,
  gridTokens,
  NO_FILTER,
  type Random,
  RowSampler,
  UNGUIDED,
} from "../sampling/index.ts";
import type { FlexVARPipeline, ScaleTokens } from "./flexvar.ts";
import { encodeOne, forcedTokens, type GivenScale, givenTokens, type Latent } from "./forced.ts";
import { transformerOf } from "./programs.ts";
import { sampleScales } from "./sample.ts";
import { drawRows, type WindowRow, windowPart } from "./shared-grid.ts";

/** Windows that are computed side by side at most. */
export const WINDOW_BATCH = 16;

export interface LevelRequest {
  /** Filters and forbidden codes: a level's scales are drawn as the run's last ones are. */
  readonly sampling: Pick<ResolvedSampling, "filters" | "forbid" | "styleWeights">;
  /** One uniform number a token, scale by scale, row by row. */
  readonly random: Random;
  readonly signal: AbortSignal | undefined;
}

/**
 * Draws a level over the picture of the one before, enlarged to it. In every window the grids up to 1/zoom of its own take
 * the enlarged picture's tokens; the finer ones (`level.scales`) are drawn for the whole picture at once, and each window sees its part of them.
 * Windows have no class: it says what the whole picture shows.
 * @yields whole grids, coarse to fine.
 */
export async function* drawLevel(
  pipe: FlexVARPipeline,
  picture: RgbImage,
  level: Level,
  { sampling, random, signal }: LevelRequest,
): AsyncGenerator<ScaleTokens> {
  const { networks } = pipe;
  const { numClasses, codebookSize } = transformerOf(pipe.config);
  const sampler = new RowSampler(codebookSize);
  const latent = await encodeOne(networks, picture, pipe.factor);
  const settled = settledGrids(level, pipe.config.trainedSide);
  const windows = level.tops.flatMap((top) => level.lefts.map((left) => ({ top, left })));
  const given: GivenScale[][] = [];
  for (const { top, left } of windows) {
    signal?.throwIfAborted();
    const part = latentPart(latent, level.side, top, left);
    const all = new Uint8Array(gridTokens(level.side)).fill(1);
    const own: GivenScale[] = [];
    for (const grid of settled) own.push(await givenTokens(networks, part, all, grid, 0));
    given.push(own);
  }
  // Windows draw nothing of their own: the level's stream is for cells of the whole grid.
  const row = { classId: numClasses, random: random.split("windows") };
  for (const [index, scale] of level.scales.entries()) {
    const grids = [...settled, ...level.scales.slice(0, index + 1)];
    const at = (begin: number, axis: 0 | 1): number => (begin * scale[axis]) / level.side[axis];
    const grid: Grid = [at(latent.grid[0], 0), at(latent.grid[1], 1)];
    const lefts = level.lefts.map((left) => at(left, 1));
    const tokens = new Int32Array(gridTokens(grid));
    const filter = sampling.filters.at(index - level.scales.length) ?? sampling.filters[0]!;
    let seen: WindowRow[] = [];
    for (const [i, top] of level.tops.entries()) {
      const own = given.slice(i * lefts.length, (i + 1) * lefts.length);
      seen.push({ top: at(top, 0), logits: await lastLogits(own, grids) });
      const toRow = i + 1 < level.tops.length ? at(level.tops[i + 1]!, 0) : grid[0];
      const rows = { fromRow: at(top, 0), toRow, columns: grid[1] };
      drawRows(tokens, rows, { side: scale, lefts, rows: seen }, sampler, filter, random);
      seen = seen.filter((one) => one.top + scale[0] > toRow);
    }
    yield { grid, tokens };
    const forced = new Uint8Array(gridTokens(scale)).fill(1);
    for (const [n, { top, left }] of windows.entries())
      given[n]!.push({ tokens: windowPart(tokens, grid[1], scale, at(top, 0), at(left, 1)), forced });
  }

  /** Logits [windows, h·w, V] of the last of `grids`, all before it given. */
  async function lastLogits(own: readonly (readonly GivenScale[])[], grids: readonly Grid[]): Promise<Float32Array> {
    const l = gridTokens(grids.at(-1)!);
    const out = new Float32Array(own.length * l * codebookSize);
    for (let begin = 0; begin < own.length; begin += WINDOW_BATCH) {
      const some = own.slice(begin, begin + WINDOW_BATCH);
      const settledTokens = forcedTokens(some);
      const request = {
        rows: some.map(() => row),
        grids,
        mixes: grids.map(() => UNGUIDED),
        // The last scale's own draws are not used: the likeliest is the cheapest.
        greedySteps: grids.map(() => true),
        filters: grids.map(() => NO_FILTER),
        forbid: sampling.forbid,
        styleWeights: sampling.styleWeights,
        signal,
        force: (index: number, grid: Grid) => (index < grids.length - 1 ? settledTokens(index, grid) : undefined),
      };
      for await (const { index, logits } of sampleScales(networks, request))
        if (index === grids.length - 1) out.set(logits, begin * l * codebookSize);
    }
    return out;
  }
}

/** Grids of a window that the picture before settles: those up to 1/zoom of the window's, of the trained ten-step table. */
export function settledGrids({ side, zoom }: Level, trainedSide: number): Grid[] {
  const longest = Math.max(...side);
  const seen = new Set<string>();
  return defaultSizes(trainedSide)
    .filter((size) => size === 1 || size * zoom <= longest + 1e-9)
    .map(
      (size): Grid => [
        Math.max(1, Math.round((size * side[0]) / longest)),
        Math.max(1, Math.round((size * side[1]) / longest)),
      ],
    )
    .filter((grid) => !seen.has(grid.join()) && seen.add(grid.join()));
}

/** Cells [h, w, Z] of a latent. */
function latentPart({ data, grid }: Latent, [h, w]: Grid, top: number, left: number): Latent {
  const Z = data.length / gridTokens(grid);
  const out = new Float32Array(h * w * Z);
  for (let y = 0; y < h; y++) {
    const from = ((top + y) * grid[1] + left) * Z;
    out.set(data.subarray(from, from + w * Z), y * w * Z);
  }
  return { data: out, grid: [h, w] };
}
