/** Scale-wise sampling (paper section 3.4): one event a scale, stopped by not asking for the next. */
import { areaMatrix, bicubicMatrix } from "../image/index.ts";
import type { TransformerConfig } from "../models/index.ts";
import type { Drawing } from "../options/index.ts";
import type { ClassMix } from "../pretrained/index.ts";
import type { Runtime, Value } from "../runtime/index.ts";
import {
  type FilterOptions,
  FORBIDDEN_LOGIT,
  type Grid,
  type GuidanceMix,
  greedyRow,
  gridTokens,
  imageStream,
  isUnguided,
  type Random,
  RowSampler,
  UNGUIDED,
} from "../sampling/index.ts";
import { type Networks, release } from "./networks.ts";
import type { PictureInfo } from "./pictures.ts";
import { transformerOf } from "./programs.ts";

/** One picture of a batch. */
export interface PictureRow {
  /** Class id; `numClasses` is "no class". */
  readonly classId: number;
  /** Classes in place of that one, whose embeddings are summed by weight. */
  readonly mix?: ClassMix | undefined;
  /** The picture's own stream: one uniform number a token, in order. */
  readonly random: Random;
}

export interface SampleRequest {
  readonly rows: readonly PictureRow[];
  readonly grids: readonly Grid[];
  /** Per scale: logits = a·cond + b·uncond. Rows without a class are computed up to the last scale that is guided. */
  readonly mixes: readonly GuidanceMix[];
  /** Per scale: true where the likeliest token is taken. */
  readonly greedySteps: readonly boolean[];
  /** Per scale: what may be drawn. */
  readonly filters: readonly FilterOptions[];
  /** Code ids that are never chosen. */
  readonly forbid: readonly number[];
  /** A weight for every style of the model, in the rows with a class; none where left out or empty. */
  readonly styleWeights?: readonly number[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Tokens put in place of sampled ones at a scale: image-to-image tasks. */
  readonly force?: ForcedTokens | undefined;
}

/** One picture's row: what it is of, and the stream that every run of this seed gives it. */
export const pictureRow = (
  seed: number,
  { classId, mix, indexWithinClass }: Pick<PictureInfo, "classId" | "mix" | "indexWithinClass">,
): PictureRow => ({ classId, mix, random: imageStream(seed, classId, indexWithinClass) });

/** What a resolved run asks of the sampler for some of its pictures. */
export const sampleRequest = (
  { plan, mixes, greedySteps, filters, forbid, styleWeights }: Drawing,
  rows: readonly PictureRow[],
): SampleRequest => ({ rows, grids: plan.grids, mixes, greedySteps, filters, forbid, styleWeights });

/** The tokens to put in place at scale `index`, or undefined where all are sampled. */
export type ForcedTokens = (index: number, grid: Grid) => { tokens: Int32Array; forced: Uint8Array } | undefined;

/** One finished scale. */
export interface SampledScale {
  readonly index: number;
  readonly grid: Grid;
  /** Token ids [B, h, w], row-major. */
  readonly tokens: Int32Array;
  /** Logits [B, h·w, V] after guidance and before any filtering. */
  readonly logits: Float32Array;
}

/** Samples all scales of a batch, coarse to fine. Throws the signal's reason when it is aborted between scales. */
export async function* sampleScales(networks: Networks, request: SampleRequest): AsyncGenerator<SampledScale> {
  const { runtime, configs } = networks;
  const transformer = transformerOf(configs);
  const { rows, grids, mixes } = request;
  const lastGuided = mixes.findLastIndex((mix) => !isUnguided(mix));
  const everyRow = conditionsOf(request, transformer, lastGuided >= 0);
  let R = everyRow.length;

  request.signal?.throwIfAborted();
  const K = Math.max(...everyRow.map((terms) => terms.length));
  // Rows of fewer terms are filled up with nothing of class 0.
  const filled = everyRow.flatMap((terms) => Array.from({ length: K }, (_, k) => terms[k] ?? { id: 0, weight: 0 }));
  let { start, ...cond } = await (await networks.conditioning()).run({
    ids: runtime.ints(
      filled.map(({ id }) => id),
      [R, K],
    ),
    weights: runtime.floats(
      Float32Array.from(filled, ({ weight }) => weight),
      [R, K],
    ),
  });
  const sampler = new RowSampler(transformer.codebookSize);
  let cache = emptyCache(runtime, transformer, R);
  let previous: { grid: Grid; tokens: Int32Array } | undefined;
  try {
    for (const [index, grid] of grids.entries()) {
      request.signal?.throwIfAborted();
      const guided = index <= lastGuided;
      if (lastGuided >= 0 && index === lastGuided + 1) {
        // Nothing reads the rows without a class any more.
        R = rows.length;
        cond = firstRows(runtime, cond, R);
        const whole = cache;
        cache = withoutNew(await (await networks.firstHalf()).run(whole));
        for (const value of Object.values(whole)) release(value);
      }
      const x =
        previous === undefined
          ? repeatStart(runtime, start!, gridTokens(grid))
          : await embed(networks, previous.grid, grid, twice(previous.tokens, guided), R);
      const feeds = {
        x,
        pool: positionPool(runtime, transformer.positionSide, grid),
        ...cond,
        ...cache,
        ...(guided ? mixFeeds(runtime, mixes[index]!) : {}),
      };
      // Nothing reads the keys and values of the last scale.
      const wanted = index === grids.length - 1 ? { logits: null } : undefined;
      const { logits, ...grown } = await (await networks.step(guided)).run(feeds, wanted);
      for (const value of Object.values(cache)) release(value);
      cache = withoutNew(grown);
      const values = logits!.data as Float32Array;
      forbid(values, transformer.codebookSize, request.forbid, guided ? mixes[index]! : UNGUIDED);
      const tokens = drawTokens(values, index, grid, request, sampler);
      yield { index, grid, tokens, logits: values };
      previous = { grid, tokens };
    }
  } finally {
    for (const value of Object.values(cache)) release(value);
  }
}

/** Every row's terms of the class table: its class or classes and the styles asked for; then, where guided, a row of "no class" for each. */
function conditionsOf(
  { rows, styleWeights = [] }: SampleRequest,
  { numClasses }: TransformerConfig,
  isGuided: boolean,
): ClassMix[] {
  const styles = styleWeights.flatMap((weight, i) => (weight === 0 ? [] : [{ id: numClasses + 1 + i, weight }]));
  const told = rows.map(({ classId, mix }) => [...(mix ?? [{ id: classId, weight: 1 }]), ...styles]);
  return isGuided ? [...told, ...rows.map(() => [{ id: numClasses, weight: 1 }])] : told;
}

/** A step's new keys and values under the names by which the next one takes them. */
const withoutNew = (grown: Readonly<Record<string, Value>>): Record<string, Value> =>
  Object.fromEntries(Object.entries(grown).map(([name, value]) => [name.slice("new_".length), value]));

/** The first `count` rows of values [R, ...] on the CPU. */
const firstRows = (runtime: Runtime, values: Readonly<Record<string, Value>>, count: number): Record<string, Value> =>
  Object.fromEntries(
    Object.entries(values).map(([name, { data, dims }]) => {
      const [R, ...row] = dims as readonly [number, ...number[]];
      const all = data as Float32Array;
      return [name, runtime.floats(all.subarray(0, (all.length / R) * count), [count, ...row])];
    }),
  );

/** A forbidden code has logit −100 on both rows before guidance; the mix of the two in the released arithmetic. */
function forbid(logits: Float32Array, V: number, ids: readonly number[], { a, b }: GuidanceMix): void {
  if (ids.length === 0) return;
  const value = Math.fround(Math.fround(a * FORBIDDEN_LOGIT) + Math.fround(b * FORBIDDEN_LOGIT));
  for (const id of ids) for (let at = id; at < logits.length; at += V) logits[at] = value;
}

function drawTokens(
  logits: Float32Array,
  index: number,
  grid: Grid,
  { rows, filters, greedySteps, force }: SampleRequest,
  sampler: RowSampler,
): Int32Array {
  const l = gridTokens(grid);
  const V = sampler.vocabSize;
  const filter = filters[index]!;
  const likeliest = greedySteps[index] === true;
  const given = force?.(index, grid);
  const tokens = new Int32Array(rows.length * l);
  rows.forEach(({ random }, row) => {
    for (let i = 0; i < l; i++) {
      const at = row * l + i;
      // Every token takes its number from the stream, used or not, so that a policy changes no other token's draw.
      const u = random.uniform();
      if (given !== undefined && given.forced[at] === 1) tokens[at] = given.tokens[at]!;
      else if (likeliest) tokens[at] = greedyRow(logits, at * V, (at + 1) * V);
      else tokens[at] = sampler.sample(logits, at * V, filter, u);
    }
  });
  return tokens;
}

function emptyCache(runtime: Runtime, { depth, width, heads }: TransformerConfig, R: number): Record<string, Value> {
  const empty = (): Value => runtime.floats(new Float32Array(0), [R, heads, 0, width / heads]);
  return Object.fromEntries(
    Array.from({ length: depth }, (_, i) => [
      [`k_${i}`, empty()],
      [`v_${i}`, empty()],
    ]).flat() as [string, Value][],
  );
}

const mixFeeds = (runtime: Runtime, { a, b }: GuidanceMix): Record<string, Value> => ({
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

function twice(tokens: Int32Array, guided: boolean): Int32Array {
  if (!guided) return tokens;
  const both = new Int32Array(tokens.length * 2);
  both.set(tokens);
  both.set(tokens, tokens.length);
  return both;
}

async function embed(networks: Networks, from: Grid, to: Grid, tokens: Int32Array, R: number): Promise<Value> {
  const { runtime } = networks;
  const [rows, columns] = [bicubicMatrix(from[0], to[0]), bicubicMatrix(from[1], to[1])];
  const { x } = await (await networks.embed()).run({
    tokens: runtime.ints(tokens, [R, from[0], from[1]]),
    rows: runtime.floats(rows.data, [rows.out, rows.in]),
    columns: runtime.floats(columns.data, [columns.out, columns.in]),
  });
  return x!;
}

/** Rows [l, S²] that average the position map of side S over every cell of a grid. */
export function positionPool(runtime: Runtime, side: number, [h, w]: Grid): Value {
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
  return runtime.floats(pool, [h * w, side * side]);
}
