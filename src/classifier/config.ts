import { z } from "zod";
import { aboutSchema, augmentSchema, count, optimizerSchema, runSchema, share } from "../train/index.ts";

/** A classifier that learns by steps. */
const networkSchema = z.strictObject({
  kind: z.literal("judge"),
  about: aboutSchema,
  seed: z.int().default(0),
  model: z.strictObject({
    /** Side of the square patches that the first layer reads, without overlap. */
    patchSize: count,
    /** Channels of each stage; a stage after the first halves the side. The last is the width of the features. */
    widths: z.array(count).min(1).max(8),
    /** Residual blocks of each stage. */
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

/** A classifier in closed form: linear discriminants of near looks. */
const discriminantSchema = z.strictObject({
  kind: z.literal("discriminant-judge"),
  about: aboutSchema,
  seed: z.int().default(0),
  model: z.strictObject({
    /** Side in pixels that it looks at pictures with; a multiple of 16. */
    side: z.int().min(16).multipleOf(16),
    /** Directions kept: the width of its features. */
    width: count,
    /** Share of the mean variance within classes that is added to every direction's. */
    shrinkage: z.number().min(0),
    /** Class scores are this times a cosine. */
    sharpness: z.number().positive().default(30),
  }),
  data: z.strictObject({
    /** Sides in pixels that its accuracy on held-out pictures is told at. */
    sizes: z.array(count).min(1),
    /** Share of held-out pictures where the data set has no split of its own. */
    heldOutShare: share.default(0.1),
  }),
});

/** `configs/*-classifier.json`. */
export const classifierTrainingSchema = z.discriminatedUnion("kind", [networkSchema, discriminantSchema]);

export type NetworkClassifierTraining = z.infer<typeof networkSchema>;
export type DiscriminantClassifierTraining = z.infer<typeof discriminantSchema>;
export type ClassifierTraining = z.infer<typeof classifierTrainingSchema>;
