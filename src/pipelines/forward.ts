/** The transformer's forward pass, grid after grid: what the sampler, scores and levels are made of. */
import { areaMatrix, bicubicMatrix, type ResizeMatrix } from "../image/index.ts";
import type { TransformerConfig } from "../models/index.ts";
import type { ClassMix } from "../pretrained/index.ts";
import type { Runtime, Value } from "../runtime/index.ts";
import { type Grid, type GuidanceWeights, gridTokens, isUnguided } from "../sampling/index.ts";
import { type Networks, release } from "./networks.ts";
import { transformerOf } from "./programs.ts";

/** What a run computes. */
export interface RunRequest {
  /** What every row is of: a weighted sum of rows of the class table; "no class" is the id after the last. */
  readonly conditions: readonly ClassMix[];
  /** Grids, coarse to fine. */
  readonly grids: readonly Grid[];
  /** Per grid: logits = a·cond + b·uncond; conditional logits alone where left out. */
  readonly guidanceWeights?: readonly GuidanceWeights[];
}

/** A forward pass under way. */
export interface Run {
  /** Logits [B, h·w, V] of the next grid, from the code ids [B, h, w] of the grid before; none at the first. */
  next(previous?: Int32Array): Promise<Float32Array>;
  /** Frees the keys and values. */
  dispose(): void;
}

type Values = Record<string, Value>;

/**
 * Begins a forward pass. Its keys and values hold all grids but the last. Rows without a class are computed up to the last grid
 * that is guided.
 */
export async function openRun(
  networks: Networks,
  { conditions, grids, guidanceWeights = [] }: RunRequest,
): Promise<Run> {
  const { runtime, configs } = networks;
  const transformer = transformerOf(configs);
  const lastGuided = guidanceWeights.findLastIndex((mix) => !isUnguided(mix));
  const unconditional = lastGuided < 0 ? [] : conditions.map(() => [{ id: transformer.numClasses, weight: 1 }]);
  let { start, ...modulation } = await modulate(networks, [...conditions, ...unconditional]);
  let cache = emptyCache(networks, transformer, start!.dims[0]!);
  let index = 0;

  const replaceCache = (grown: Readonly<Values>): void => {
    for (const value of Object.values(cache)) release(value);
    cache = Object.fromEntries(Object.entries(grown).map(([name, value]) => [name.slice("new_".length), value]));
  };
  return {
    dispose: () => replaceCache({}),
    async next(previous) {
      const grid = grids[index]!;
      const isGuided = index <= lastGuided;
      if (index > 0 && index === lastGuided + 1) {
        // Nothing reads the rows without a class any more.
        modulation = firstRows(runtime, modulation, conditions.length);
        replaceCache(await (await networks.firstHalf()).run(cache));
      }
      const x =
        previous === undefined
          ? repeatStart(runtime, start!, gridTokens(grid))
          : await embed(networks, grids[index - 1]!, grid, repeated(previous, isGuided ? 2 : 1));
      const pool = positionPool(transformer.positionSide, grid);
      const feeds = {
        x,
        pool: runtime.floats(pool, [gridTokens(grid), transformer.positionSide ** 2]),
        ...modulation,
        ...cache,
        ...(isGuided ? mixFeeds(runtime, guidanceWeights[index]!) : {}),
      };
      // Nothing reads the keys and values of the last grid.
      const wanted = index === grids.length - 1 ? { logits: null } : undefined;
      const { logits, ...grown } = await (await networks.step(isGuided)).run(feeds, wanted);
      replaceCache(grown);
      index++;
      return logits!.data as Float32Array;
    },
  };
}

/** The modulation of every block, and the start of the first grid, for rows that are each of some terms of the class table. */
async function modulate(networks: Networks, rows: readonly ClassMix[]): Promise<Values> {
  const { runtime } = networks;
  const K = Math.max(...rows.map((terms) => terms.length));
  // Rows of fewer terms are filled up with nothing of class 0.
  const terms = rows.flatMap((own) => Array.from({ length: K }, (_, k) => own[k] ?? { id: 0, weight: 0 }));
  const ids = terms.map(({ id }) => id);
  const weights = Float32Array.from(terms, ({ weight }) => weight);
  const dims = [rows.length, K];
  return (await networks.conditioning()).run({ ids: runtime.ints(ids, dims), weights: runtime.floats(weights, dims) });
}

/** The first `count` rows of values [R, ...] on the CPU. */
const firstRows = (runtime: Runtime, values: Readonly<Values>, count: number): Values =>
  Object.fromEntries(
    Object.entries(values).map(([name, { data, dims }]) => {
      const [R, ...row] = dims as readonly [number, ...number[]];
      const all = data as Float32Array;
      return [name, runtime.floats(all.subarray(0, (all.length / R) * count), [count, ...row])];
    }),
  );

function emptyCache({ runtime, dtype }: Networks, { depth, width, heads }: TransformerConfig, R: number): Values {
  const names = Array.from({ length: depth }, (_, i) => [`k_${i}`, `v_${i}`]).flat();
  const dims = [R, heads, 0, width / heads];
  const empty = (): Value =>
    dtype === "fp16" ? runtime.halves(new Uint16Array(0), dims) : runtime.floats(new Float32Array(0), dims);
  return Object.fromEntries(names.map((name) => [name, empty()]));
}

/** Bytes of one row's keys and values of some grids. */
export const cacheBytes = ({ depth, width }: TransformerConfig, grids: readonly Grid[]): number =>
  2 * depth * width * Float32Array.BYTES_PER_ELEMENT * grids.reduce((sum, grid) => sum + gridTokens(grid), 0);

const mixFeeds = (runtime: Runtime, { a, b }: GuidanceWeights): Values => ({
  mix_a: runtime.floats(Float32Array.of(a), []),
  mix_b: runtime.floats(Float32Array.of(b), []),
});

/** [R, 1, C] to [R, l, C]: every cell of the first grid starts from the class. */
function repeatStart(runtime: Runtime, start: Value, l: number): Value {
  const [R, , C] = start.dims as readonly [number, number, number];
  if (l === 1) return start;
  const from = start.data as Float32Array;
  const all = new Float32Array(R * l * C);
  for (let row = 0; row < R; row++)
    for (let i = 0; i < l; i++) all.set(from.subarray(row * C, (row + 1) * C), (row * l + i) * C);
  return runtime.floats(all, [R, l, C]);
}

/** Code ids so many times one after the other. */
export function repeated(tokens: Int32Array, times: number): Int32Array {
  if (times === 1) return tokens;
  const all = new Int32Array(tokens.length * times);
  for (let i = 0; i < times; i++) all.set(tokens, i * tokens.length);
  return all;
}

async function embed(networks: Networks, from: Grid, to: Grid, tokens: Int32Array): Promise<Value> {
  const { runtime } = networks;
  const { x } = await (await networks.embed()).run({
    tokens: runtime.ints(tokens, [tokens.length / gridTokens(from), ...from]),
    ...resizeFeeds(runtime, bicubicMatrix, from, to),
  });
  return x!;
}

/** `rows` and `columns` that resize a grid to another. */
export function resizeFeeds(
  runtime: Runtime,
  matrixOf: (from: number, to: number) => ResizeMatrix,
  from: Grid,
  to: Grid,
): { rows: Value; columns: Value } {
  const [rows, columns] = [matrixOf(from[0], to[0]), matrixOf(from[1], to[1])];
  return {
    rows: runtime.floats(rows.data, [rows.out, rows.in]),
    columns: runtime.floats(columns.data, [columns.out, columns.in]),
  };
}

/** Rows [h·w, S·S] that average the position map of side S over every cell of a grid. */
export function positionPool(side: number, [h, w]: Grid): Float32Array {
  const rows = areaMatrix(side, h).data;
  const columns = areaMatrix(side, w).data;
  const pool = new Float32Array(h * w * side * side);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const cell = (y * w + x) * side * side;
      for (let i = 0; i < side; i++) {
        const weight = rows[y * side + i]!;
        if (weight === 0) continue;
        for (let j = 0; j < side; j++) pool[cell + i * side + j] = weight * columns[x * side + j]!;
      }
    }
  return pool;
}
