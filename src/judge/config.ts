import { z } from "zod";
import { aboutSchema, augmentSchema, optimizerSchema, runSchema } from "../train/index.ts";

const count = z.int().min(1);
const share = z.number().min(0).max(1);

/** `configs/*-judge.json`. */
export const judgeTrainingSchema = z.strictObject({
  kind: z.literal("judge"),
  about: aboutSchema,
  seed: z.int().default(0),
  model: z.strictObject({
    patchSize: count,
    widths: z.array(count).min(1).max(8),
    blocks: count.default(1),
    normGroups: count.default(8),
  }),
  data: z.strictObject({
    /** Sides in pixels that batches are drawn at, all equally often; multiples of patchSize·2^(stages − 1). */
    sizes: z.array(count).min(1),
    batchSize: count,
    augment: augmentSchema.prefault({}),
    /** Share of held-out pictures where the data set has no split of its own. */
    heldOutShare: share.default(0.1),
  }),
  regularisation: z
    .strictObject({
      /** Share of a target's probability that is spread over all classes. */
      labelSmoothing: share.default(0),
      /** Largest share of another picture that is mixed in (mixup, Zhang et al., arXiv 1710.09412); drawn uniformly from 0. */
      mixup: share.default(0),
      /** Largest relative change of each colour channel's distance from white. */
      colour: share.default(0),
    })
    .prefault({}),
  optimizer: optimizerSchema,
  run: runSchema.prefault({}),
});

export type JudgeTraining = z.infer<typeof judgeTrainingSchema>;
