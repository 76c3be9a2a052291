/**
 * The refinement stage of SAR (arXiv 2512.06421): a pass that sees the pictures' own tokens, then a second
 * one that sees what the first predicted, one scale on, and is held to the first one's distributions.
 */
import { dim, ops, type Program, program, type Tensor } from "../engine/index.ts";
import { type TransformerConfig, teacherForced } from "../models/index.ts";
import type { Params } from "../nn/index.ts";
import type { Session } from "../runtime/index.ts";
import { type FilterOptions, type Grid, layoutScales, type Random, RowSampler } from "../sampling/index.ts";
import { feedsOf, type Values } from "./feeds.ts";
import { sequenceInputs } from "./sequences.ts";
import { writeTeacherCodes } from "./teacher.ts";

/** The first pass alone, without stochastic depth: `logits` [B, L, V] from the inputs of the training loss but for targets. */
export function rolloutProgram(p: Params, config: TransformerConfig): Program {
  return program("rollout_transformer", { logits: teacherForced(p, config, sequenceInputs(config, false)).logits });
}

/**
 * Mean over pictures and positions of KL(teacher ‖ student), rank 0; logits are [B, L, V]. The teacher gets no gradient: the
 * second pass moves towards the first.
 */
export function consistencyLoss(teacher_BLV: Tensor, student_BLV: Tensor): Tensor {
  const [teacher, student] = [ops.logSoftmax(ops.stopGradient(teacher_BLV)), ops.logSoftmax(student_BLV)];
  const perPosition = ops.reduceSum(ops.mul(ops.exp(teacher), ops.sub(teacher, student)), [2]);
  return ops.mean(ops.reshape(perPosition, [dim(teacher_BLV, 0), dim(teacher_BLV, 1)]));
}

/**
 * Inputs [B, L − 1, Z] of the second pass: a token drawn from every row of logits [B, L, V], its code (`codes` [V, Z]) resized
 * to the next scale. Takes one number per token from `random`; top-k 1 takes the likeliest tokens.
 */
export function ownCodes(
  logits: Float32Array,
  codes: Float32Array,
  Z: number,
  grids: readonly Grid[],
  filter: FilterOptions,
  random: Random,
): Float32Array {
  const V = codes.length / Z;
  const { begins, ends, total } = layoutScales(grids);
  const rows = logits.length / (total * V);
  const sampler = new RowSampler(V);
  const out = new Float32Array(rows * (total - 1) * Z);
  for (let row = 0; row < rows; row++) {
    const ids = Int32Array.from({ length: total }, (_, i) =>
      sampler.sample(logits, (row * total + i) * V, filter, random.uniform()),
    );
    const tokens = grids.map((_, i) => ids.subarray(begins[i], ends[i]));
    writeTeacherCodes(codes, Z, grids, tokens, out, row * (total - 1) * Z);
  }
  return out;
}

/** Runs the first pass with the given weights and feeds, which may hold more than it takes; its logits [B, L, V]. */
export async function rolloutLogits(rollout: Session, feeds: Values): Promise<Float32Array> {
  const { logits } = await rollout.run(feedsOf(rollout, feeds));
  return logits!.data as Float32Array;
}
