/** Scale-wise sampling (paper section 3.4): one event a scale, stopped by not asking for the next. */
import type { Drawing } from "../options/index.ts";
import type { ClassMix } from "../pretrained/index.ts";
import {
  FORBIDDEN_LOGIT,
  type Grid,
  type GuidanceWeights,
  greedyRow,
  gridTokens,
  imageStream,
  type Random,
  RowSampler,
} from "../sampling/index.ts";
import type { GivenScale } from "./forced.ts";
import { openRun } from "./forward.ts";
import type { Networks } from "./networks.ts";
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

/** A run's settings, and the pictures that are drawn by them. */
export interface SampleRequest extends Drawing {
  readonly rows: readonly PictureRow[];
  readonly signal?: AbortSignal | undefined;
  /** Per row and scale: tokens put in place of sampled ones. Scales that are left out are sampled. */
  readonly force?: readonly (readonly GivenScale[])[] | undefined;
}

/** One picture's row: what it is of, and the stream that every run of this seed gives it. */
export const pictureRow = (
  seed: number,
  { classId, mix, indexWithinClass }: Pick<PictureInfo, "classId" | "mix" | "indexWithinClass">,
): PictureRow => ({ classId, mix, random: imageStream(seed, classId, indexWithinClass) });

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
  const { rows, guidanceWeights, styleWeights, signal } = request;
  const { grids } = request.plan;
  const { numClasses, codebookSize } = transformerOf(networks.configs);
  const conditions = rows.map(({ classId, mix = [{ id: classId, weight: 1 }] }) => [
    ...mix,
    ...styleTerms(styleWeights, numClasses),
  ]);
  signal?.throwIfAborted();
  const run = await openRun(networks, { conditions, grids, guidanceWeights });
  const sampler = new RowSampler(codebookSize);
  try {
    let tokens: Int32Array | undefined;
    for (const [index, grid] of grids.entries()) {
      signal?.throwIfAborted();
      const logits = await run.next(tokens);
      forbidCodes(logits, codebookSize, request.forbid, guidanceWeights[index]!);
      tokens = drawTokens(logits, index, grid, request, sampler);
      yield { index, grid, tokens, logits };
    }
  } finally {
    run.dispose();
  }
}

/** The styles of a row beside its class; their rows of the class table follow "no class". */
export const styleTerms = (styleWeights: readonly number[], numClasses: number): ClassMix =>
  styleWeights.flatMap((weight, i) => (weight === 0 ? [] : [{ id: numClasses + 1 + i, weight }]));

/** A forbidden code has logit −100 on both rows before guidance; the mix of the two in the released arithmetic. */
export function forbidCodes(logits: Float32Array, V: number, ids: readonly number[], { a, b }: GuidanceWeights): void {
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
  const tokens = new Int32Array(rows.length * l);
  rows.forEach(({ random }, row) => {
    const given = force?.[row]?.[index];
    for (let i = 0; i < l; i++) {
      const at = row * l + i;
      // Every token takes its number from the stream, used or not, so that a policy changes no other token's draw.
      const u = random.uniform();
      if (given?.forced[i] === 1) tokens[at] = given.tokens[i]!;
      else if (likeliest) tokens[at] = greedyRow(logits, at * V, (at + 1) * V);
      else tokens[at] = sampler.sample(logits, at * V, filter, u);
    }
  });
  return tokens;
}
