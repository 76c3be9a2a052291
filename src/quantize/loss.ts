/** What integers cost: predictions under the same tokens, in float32 and in integers. */
import { forbidCodes, type Networks, openRun, sampleScales, styleTerms, transformerOf } from "../pipelines/index.ts";
import { type Grid, greedyRow } from "../sampling/index.ts";
import type { Drawn } from "./drawn.ts";

/** One scale's loss. */
export interface ScaleLoss {
  readonly grid: Grid;
  /** Tokens looked at. */
  readonly tokens: number;
  /** Kullback–Leibler divergence of the prediction from the reference's, in nats a token, guidance included, unfiltered. */
  readonly divergence: number;
  /** Share of tokens whose likeliest code is the same. */
  readonly sameGreedy: number;
  /** Largest difference of a logit, over the reference's largest magnitude. */
  readonly logits: number;
}

export interface QuantizationLoss {
  readonly scales: readonly ScaleLoss[];
  /** Over all tokens of all scales. */
  readonly divergence: number;
  readonly sameGreedy: number;
}

/** Compares networks with reference ones: pictures are drawn by the reference, and their tokens are given to both. */
export async function measureLoss(reference: Networks, other: Networks, drawn: Drawn): Promise<QuantizationLoss> {
  const { sampling } = drawn;
  const { numClasses, codebookSize: V } = transformerOf(reference.configs);
  const rows = drawn.rows();
  const styles = styleTerms(sampling.styleWeights, numClasses);
  const run = await openRun(other, {
    conditions: rows.map(({ classId }) => [{ id: classId, weight: 1 }, ...styles]),
    grids: sampling.plan.grids,
    guidanceWeights: sampling.guidanceWeights,
  });
  const scales: ScaleLoss[] = [];
  try {
    let before: Int32Array | undefined;
    for await (const { index, grid, tokens, logits } of sampleScales(reference, { ...sampling, rows })) {
      const theirs = await run.next(before);
      forbidCodes(theirs, V, sampling.forbid, sampling.guidanceWeights[index]!);
      scales.push({ grid, ...scaleLoss(logits, theirs, V) });
      before = tokens;
    }
  } finally {
    run.dispose();
  }
  return { scales, ...summed(scales) };
}

function summed(scales: readonly ScaleLoss[]) {
  const tokens = scales.reduce((sum, scale) => sum + scale.tokens, 0);
  const mean = (of: (scale: ScaleLoss) => number): number =>
    scales.reduce((sum, scale) => sum + scale.tokens * of(scale), 0) / tokens;
  return { divergence: mean((scale) => scale.divergence), sameGreedy: mean((scale) => scale.sameGreedy) };
}

function scaleLoss(ours: Float32Array, theirs: Float32Array, V: number): Omit<ScaleLoss, "grid"> {
  const tokens = ours.length / V;
  let [divergence, same, difference, largest] = [0, 0, 0, 0];
  for (let at = 0; at < ours.length; at += V) {
    divergence += rowDivergence(ours.subarray(at, at + V), theirs.subarray(at, at + V));
    if (greedyRow(ours, at, at + V) === greedyRow(theirs, at, at + V)) same++;
  }
  for (let i = 0; i < ours.length; i++) {
    difference = Math.max(difference, Math.abs(ours[i]! - theirs[i]!));
    largest = Math.max(largest, Math.abs(ours[i]!));
  }
  return { tokens, divergence: divergence / tokens, sameGreedy: same / tokens, logits: difference / largest };
}

/** Σ p (log p − log q) of two rows of logits, in nats. */
function rowDivergence(p: Float32Array, q: Float32Array): number {
  const [mostP, mostQ] = [p, q].map((row) => row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)) as [
    number,
    number,
  ];
  let [sumP, sumQ, cross] = [0, 0, 0];
  for (let i = 0; i < p.length; i++) {
    const weight = Math.exp(p[i]! - mostP);
    sumP += weight;
    sumQ += Math.exp(q[i]! - mostQ);
    cross += weight * (p[i]! - mostP - (q[i]! - mostQ));
  }
  return Math.max(0, cross / sumP - Math.log(sumP) + Math.log(sumQ));
}
