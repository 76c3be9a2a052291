import { z } from "zod";
import { SCHEDULE_RULES } from "../sampling/index.ts";
import { aboutSchema, augmentSchema, count, runSchema, share, transformerOptimizerSchema } from "./config.ts";

/** `configs/*-transformer.json`. */
export const transformerTrainingSchema = z.strictObject({
  kind: z.literal("transformer"),
  about: aboutSchema,
  seed: z.int().default(0),
  /** Model folder of the tokenizer, relative to the working directory. */
  tokenizer: z.string(),
  /** Model folder whose transformer is the start (fine-tuning): its class table is replaced where the classes differ. */
  start: z.string().optional(),
  model: z.strictObject({
    depth: count,
    width: count,
    heads: count,
    mlpWidth: count,
    sharedAdaLN: z.boolean().default(false),
    qkNorm: z.boolean().default(true),
    positionSide: count.default(32),
  }),
  data: z.strictObject({
    /** Side of the pictures in pixels. */
    size: count,
    batchSize: count,
    /** Encoded once and cached: every picture as it is, mirrored where `augment.flip` > 0, and so many augmented copies. */
    augmentedCopies: z.int().min(0).default(0),
    augment: augmentSchema.prefault({}),
    /**
     * Strong changes that the model is told of by a learned vector each, which the shipped model leaves out (distribution
     * augmentation): the share of pictures that are shown changed, and the changes, one of them each time.
     */
    told: z
      .strictObject({
        share,
        transforms: z
          .array(
            z.strictObject({
              mirror: z.boolean().optional(),
              turns: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]).optional(),
              hue: z.number().min(-360).max(360).optional(),
            }),
          )
          .min(1),
      })
      .optional(),
    heldOutShare: share.default(0.05),
  }),
  schedules: z.strictObject({
    /** How scales are drawn at each step. */
    rule: z.enum(SCHEDULE_RULES).default("paper"),
    /** Probability of the default table of sampling instead of the rule. */
    tableShare: share.default(0),
    /** Most tokens of all scales; that of the default table by default. */
    maxTokens: count.optional(),
    /** Parts of the run by share of its steps: schedules are cut after `maxSide`. Short ones first save most of the time. */
    phases: z
      .array(z.strictObject({ share, maxSide: count }))
      .min(1)
      .default([{ share: 1, maxSide: 1024 }]),
  }),
  regularisation: z
    .strictObject({
      labelSmoothing: share.default(0),
      /** Probability that a picture's class is replaced by "no class". */
      classDrop: share.default(0.1),
      /** Probability that a picture's style is not told, where the data set has styles; 1 trains none. */
      styleDrop: share.default(1),
      /** Largest share of the tokens fed in that are replaced by others; each picture's is drawn from 0 to it. */
      corruption: share.default(0),
      /** Codes among which a replacement is drawn: the nearest ones by cosine. */
      corruptionNeighbours: count.default(64),
      /** Stochastic depth of the last block; rises linearly from 0. Undefined: 0.1·depth/24 as in the paper. */
      dropPath: share.optional(),
    })
    .prefault({}),
  /**
   * The refinement stage of SAR, for a few more epochs from `start`: a second pass on tokens drawn from the first one's
   * predictions, held to the first one's distributions. 7/3 of the work of a step. Left out: none.
   */
  refinement: z
    .strictObject({
      /** Weight of the mean KL divergence of the second pass from the first; 0.01 in SAR. */
      consistency: z.number().positive().default(0.01),
      /** How the first pass's tokens are drawn; top-k 1 takes the likeliest. */
      topK: z.int().min(0).default(0),
      topP: share.default(0.95),
      temperature: z.number().positive().default(1),
    })
    .optional(),
  optimizer: transformerOptimizerSchema,
  /** Batches whose gradients are averaged in one optimiser step. */
  accumulate: count.default(1),
  /** Pictures that evaluations sample for the sheet. */
  samples: z
    .strictObject({
      /** Class names or numbers; the first ten classes by default. */
      classes: z.array(z.union([z.string(), z.int()])).default([]),
      perClass: z.int().min(0).default(4),
      guidance: z.number().min(0).default(1.5),
      topK: z.int().min(0).default(200),
      topP: share.default(0.95),
      seed: z.int().default(1),
      /** Nearest training pictures shown beside each sample on a second sheet; 0 for none. */
      neighbours: z.int().min(0).default(1),
    })
    .prefault({}),
  run: runSchema.prefault({}),
});

export type TransformerTraining = z.infer<typeof transformerTrainingSchema>;
