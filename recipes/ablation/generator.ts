/** The transformer's side of a comparison: trained on a token space's sequences, and sampled grid by grid. */

import { program } from "../../src/engine/index.ts";
import { concatArrays } from "../../src/files/index.ts";
import { declareTransformer, type TransformerConfig, teacherForced } from "../../src/models/index.ts";
import { paramTensors } from "../../src/nn/index.ts";
import { positionPool } from "../../src/pipelines/index.ts";
import type { Runtime, Value } from "../../src/runtime/index.ts";
import {
  blockCausalBias,
  createRandom,
  type FilterOptions,
  type Grid,
  guidanceWeights,
  layoutScales,
  mixGuidance,
  type Random,
  RowSampler,
} from "../../src/sampling/index.ts";
import { freshStart, type NamedArray, sequenceInputs, transformerObjective } from "../../src/train/index.ts";
import { memoryWeights, type ShortResult, trainShortly } from "./loop.ts";
import type { TokenSpace } from "./spaces.ts";

export interface GeneratorRun {
  readonly steps: number;
  readonly batchSize: number;
  readonly peakLr: number;
  readonly seed: number;
  /** Keeps the position map at its sinusoidal start. */
  readonly fixedPositions: boolean;
}

const CLASS_DROP = 0.1;

/** Trains a transformer by teacher forcing on all grids of the space, `tokens[i]` of a picture of class `labels[i]`. */
export function trainGenerator(
  runtime: Runtime,
  config: TransformerConfig,
  space: TokenSpace,
  tokens: readonly (readonly Int32Array[])[],
  labels: Int32Array,
  { steps, batchSize: B, peakLr, seed, fixedPositions }: GeneratorRun,
): Promise<ShortResult> {
  const decls = declareTransformer(config);
  const p = paramTensors(decls);
  const { loss } = transformerObjective(p, config, { labelSmoothing: 0, dropPath: false });
  const random = createRandom(seed, "generator");
  const frame = sequenceFrame(runtime, config, space.sides);
  const inputsOf = tokens.map((own) => concatArrays(Float32Array, space.inputs(own)));
  return trainShortly(
    runtime,
    decls,
    p,
    loss,
    freshStart(decls, seed),
    { steps, peakLr, ...(fixedPositions && { frozen: ["pos_1LC"] }) },
    () => {
      const chosen = Array.from({ length: B }, () => random.int(tokens.length));
      const classIds = chosen.map((i) => (random.uniform() < CLASS_DROP ? config.numClasses : labels[i]!));
      const targets = Int32Array.from(chosen.flatMap((i) => tokens[i]!.flatMap((ids) => [...ids])));
      return {
        ...frame,
        classIds: runtime.ints(Int32Array.from(classIds), [B]),
        codes: runtime.floats(
          concatArrays(
            Float32Array,
            chosen.map((i) => inputsOf[i]!),
          ),
          [B, targets.length / B - 1, space.channels],
        ),
        targets: runtime.ints(targets, [B, targets.length / B]),
      };
    },
  );
}

/** What every batch over the same grids shares: position pooling and the block-causal mask. */
function sequenceFrame(
  runtime: Runtime,
  config: TransformerConfig,
  sides: readonly number[],
): Record<"pool" | "bias", Value> {
  const layout = layoutScales(gridsOf(sides));
  const S = config.positionSide;
  const pool = concatArrays(
    Float32Array,
    sides.map((side) => positionPool(S, [side, side])),
  );
  return {
    pool: runtime.floats(pool, [layout.total, S * S]),
    bias: runtime.floats(blockCausalBias(layout), [layout.total, layout.total]),
  };
}

const gridsOf = (sides: readonly number[]): Grid[] => sides.map((side): Grid => [side, side]);

interface DrawOptions {
  readonly guidance: number;
  readonly filter: FilterOptions;
  readonly seed: number;
}

export interface Generator {
  /** Tokens of every grid of `space` for pictures of the given classes. */
  draw(space: TokenSpace, classIds: readonly number[], options: DrawOptions): Promise<Int32Array[][]>;
  dispose(): Promise<void>;
}

/** Opens a trained transformer. Every grid runs the whole sequence so far: slow and simple, the same for every space. */
export async function openGenerator(
  runtime: Runtime,
  config: TransformerConfig,
  arrays: ReadonlyMap<string, NamedArray>,
): Promise<Generator> {
  const p = paramTensors(declareTransformer(config));
  const weights = memoryWeights(arrays);
  const { logits } = teacherForced(p, config, sequenceInputs(config, false));
  const session = await runtime.open(program("all_logits", { logits }), { weights });
  const V = config.codebookSize;
  const sampler = new RowSampler(V);
  return {
    async draw(space, classIds, { guidance, filter, seed }) {
      const B = classIds.length;
      const randoms = classIds.map((classId, i): Random => createRandom(seed, "draw", classId, i));
      const drawn: Int32Array[][] = classIds.map(() => []);
      for (const [index, side] of space.sides.entries()) {
        const sides = space.sides.slice(0, index + 1);
        const codes = drawn.map((tokens) => concatArrays(Float32Array, space.inputs(tokens).slice(0, index)));
        const { total } = layoutScales(gridsOf(sides));
        const result = await session.run({
          ...sequenceFrame(runtime, config, sides),
          classIds: runtime.ints(Int32Array.from([...classIds, ...classIds.map(() => config.numClasses)]), [2 * B]),
          codes: runtime.floats(concatArrays(Float32Array, [...codes, ...codes]), [2 * B, total - 1, space.channels]),
        });
        const values = result.logits!.data as Float32Array;
        const l = side * side;
        const at = { step: index, steps: space.sides.length, baseSize: side, maxGrid: side };
        const mix = guidanceWeights("ramp", guidance, at);
        drawn.forEach((tokens, row) => {
          const last = (r: number): Float32Array => values.subarray((r * total + total - l) * V, (r + 1) * total * V);
          const mixed = mixGuidance(last(row), last(B + row), mix);
          tokens.push(
            Int32Array.from({ length: l }, (_, i) => sampler.sample(mixed, i * V, filter, randoms[row]!.uniform())),
          );
        });
      }
      return drawn;
    },
    dispose: () => session.dispose(),
  };
}
