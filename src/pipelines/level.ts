/** One enlargement of a large picture: its finer scales drawn anew in windows that share one grid. */
import type { Level } from "../editing/index.ts";
import type { RgbImage } from "../image/index.ts";
import type { TransformerConfig } from "../models/index.ts";
import type { ResolvedSampling } from "../options/index.ts";
import type { ClassMix } from "../pretrained/index.ts";
import {
  defaultSizes,
  type FilterOptions,
  type Grid,
  gridTokens,
  type Random,
  RowSampler,
  UNGUIDED,
} from "../sampling/index.ts";
import { encodeOne, givenTokens } from "./forced.ts";
import { cacheBytes, openRun, type Run } from "./forward.ts";
import type { OpenModel, ScaleTokens } from "./model.ts";
import type { Networks } from "./networks.ts";
import { transformerOf } from "./programs.ts";
import { forbidCodes, styleTerms } from "./sample.ts";

/** Windows that are computed side by side at most. */
export const WINDOW_BATCH = 16;

/** Most bytes of keys and values that a level keeps from one grid to the next, for as many windows as they are enough for. */
const KEPT_BYTES = 256 * 2 ** 20;

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
  pipe: OpenModel,
  picture: RgbImage,
  level: Level,
  { sampling, random, signal }: LevelRequest,
): AsyncGenerator<ScaleTokens> {
  const { networks } = pipe;
  const { numClasses, codebookSize } = transformerOf(pipe.config);
  const sampler = new RowSampler(codebookSize);
  const latent = await encodeOne(networks, picture, pipe.factor);
  const Z = latent.data.length / gridTokens(latent.grid);
  const settled = settledGrids(level, pipe.config.trainedSide);
  const grids = [...settled, ...level.scales];
  const windows = level.tops.flatMap((top) => level.lefts.map((left) => ({ top, left })));
  const codes: Int32Array[][] = [];
  for (const { top, left } of windows) {
    signal?.throwIfAborted();
    const part = { data: windowPart(latent.data, latent.grid[1], level.side, top, left, Z), grid: level.side };
    const all = new Uint8Array(gridTokens(level.side)).fill(1);
    const own: Int32Array[] = [];
    for (const grid of settled) own.push((await givenTokens(networks, part, all, grid, 0)).tokens);
    codes.push(own);
  }
  const condition = [{ id: numClasses, weight: 1 }, ...styleTerms(sampling.styleWeights, numClasses)];
  const runs = windowRuns(networks, grids, condition, codes, signal);
  try {
    for (const [index, scale] of level.scales.entries()) {
      const at = (begin: number, axis: 0 | 1): number => (begin * scale[axis]) / level.side[axis];
      const grid: Grid = [at(latent.grid[0], 0), at(latent.grid[1], 1)];
      const lefts = level.lefts.map((left) => at(left, 1));
      const tokens = new Int32Array(gridTokens(grid));
      const filter = sampling.filters.at(index - level.scales.length) ?? sampling.filters[0]!;
      let seen: WindowRow[] = [];
      for (const [i, top] of level.tops.entries()) {
        const logits = await runs.logits(i * lefts.length, lefts.length, settled.length + index);
        forbidCodes(logits, codebookSize, sampling.forbid, UNGUIDED);
        seen.push({ top: at(top, 0), logits });
        const toRow = i + 1 < level.tops.length ? at(level.tops[i + 1]!, 0) : grid[0];
        const rows = { fromRow: at(top, 0), toRow, columns: grid[1] };
        drawRows(tokens, rows, { side: scale, lefts, rows: seen }, sampler, filter, random);
        seen = seen.filter((one) => one.top + scale[0] > toRow);
      }
      yield { grid, tokens };
      for (const [n, { top, left }] of windows.entries())
        codes[n]!.push(windowPart(tokens, grid[1], scale, at(top, 0), at(left, 1)));
    }
  } finally {
    runs.dispose();
  }
}

/** The forward passes of a level's windows. */
interface WindowRuns {
  /** Logits [count, h·w, V] of grid number `index` for the windows from number `begin` on. */
  logits(begin: number, count: number, index: number): Promise<Float32Array>;
  dispose(): void;
}

/**
 * Passes over batches of windows. As many as {@link keptWindows} says go on from one grid to the next; the others begin anew at
 * every grid.
 * @param codes of every window its code ids [h·w] of the grids so far.
 */
function windowRuns(
  networks: Networks,
  grids: readonly Grid[],
  condition: ClassMix,
  codes: readonly (readonly Int32Array[])[],
  signal: AbortSignal | undefined,
): WindowRuns {
  const transformer = transformerOf(networks.configs);
  const kept = new Map<number, Run>();
  let room = keptWindows(transformer, grids);

  /** Code ids of the grid before number `index`, window after window. */
  function before(begin: number, count: number, index: number): Int32Array | undefined {
    if (index === 0) return undefined;
    const size = gridTokens(grids[index - 1]!);
    const all = new Int32Array(count * size);
    for (let n = 0; n < count; n++) all.set(codes[begin + n]![index - 1]!, n * size);
    return all;
  }

  async function batchLogits(begin: number, count: number, last: number): Promise<Float32Array> {
    const known = kept.get(begin);
    // A pass that is not kept needs no keys and values of its last grid.
    const keeps = known !== undefined || (last + 1 < grids.length && count <= room);
    const pass = {
      conditions: Array<ClassMix>(count).fill(condition),
      grids: keeps ? grids : grids.slice(0, last + 1),
    };
    const run = known ?? (await openRun(networks, pass));
    if (known === undefined && keeps) {
      kept.set(begin, run);
      room -= count;
    }
    try {
      let logits: Float32Array | undefined;
      for (let index = known === undefined ? 0 : last; index <= last; index++) {
        signal?.throwIfAborted();
        logits = await run.next(before(begin, count, index));
      }
      return logits!;
    } finally {
      if (!keeps) run.dispose();
    }
  }

  return {
    async logits(begin, count, index) {
      const size = gridTokens(grids[index]!) * transformer.codebookSize;
      const out = new Float32Array(count * size);
      for (let at = 0; at < count; at += WINDOW_BATCH)
        out.set(await batchLogits(begin + at, Math.min(WINDOW_BATCH, count - at), index), at * size);
      return out;
    },
    dispose() {
      for (const run of kept.values()) run.dispose();
    },
  };
}

/** For how many windows a level keeps keys and values from one grid to the next. */
export const keptWindows = (transformer: TransformerConfig, grids: readonly Grid[]): number =>
  Math.floor(KEPT_BYTES / cacheBytes(transformer, grids.slice(0, -1)));

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
