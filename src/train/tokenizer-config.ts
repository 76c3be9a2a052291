import { z } from "zod";
import { tokenizerFields } from "../pretrained/index.ts";
import { aboutSchema, augmentSchema, count, optimizerSchema, runSchema, share } from "./config.ts";

const weight = z.number().min(0);

/** `configs/*-tokenizer.json`. */
export const tokenizerTrainingSchema = z.strictObject({
  kind: z.literal("tokenizer"),
  about: aboutSchema,
  seed: z.int().default(0),
  /** Start from these weights: a model folder, or a checkpoint in the same layout (LlamaGen's, released ones). */
  start: z.string().optional(),
  /**
   * What is trained. `decoder`: encoder and codes stay as they are, so that tokens, and transformers trained on them, keep
   * their meaning.
   */
  train: z.enum(["all", "decoder"]).default("all"),
  model: z.strictObject(tokenizerFields),
  data: z.strictObject({
    /** Side of the pictures in pixels. */
    size: count,
    batchSize: count,
    augment: augmentSchema.prefault({}),
    /** Share of held-out pictures where the data set has no split of its own. */
    heldOutShare: share.default(0.05),
  }),
  scales: z.strictObject({
    /** K: grids a batch is decoded at, the native one among them. 5 in the paper. */
    perBatch: count.default(5),
    /** Grids that sampling uses, drawn with probability `preferredShare`; the others share the rest. */
    preferred: z.array(count).default([1, 2, 3, 4, 5, 6, 8, 10, 13]),
    preferredShare: share.default(0.8),
  }),
  loss: z.strictObject({
    /** Mean squared pixel difference; 1 in the paper. */
    pixel: weight.default(1),
    /** Mean absolute pixel difference; 0 in the paper. */
    absolute: weight.default(0),
    /** `meanLogSquared`, which asks for decibels picture by picture; 0 in the paper. */
    logPixel: weight.default(0),
    /** `gradientDifference`; 0 in the paper, which has LPIPS instead. */
    gradient: weight.default(0),
    /** Halvings that the gradient term looks at, at most; never more than the down-sampling allows. */
    gradientLevels: count.default(3),
    /** Mean squared distance that pulls codes to encoder vectors; 1 in the paper, 0 where codes are moving averages. */
    codebook: weight.default(1),
    /** Mean squared distance that pulls encoder vectors to codes; 0.25 in the paper. */
    commitment: weight.default(0.25),
    /** Factor on every scale but the native one; 1 in the paper. */
    smallScales: weight.default(1),
  }),
  /** LPIPS on the native grid's pictures; needs VGG-16's weights (torchvision) and LPIPS's own. Left out: none. */
  perceptual: z
    .strictObject({
      weight: weight.default(1),
      /** `vgg16` checkpoint of torchvision, tensors `features.N.weight`. */
      vgg: z.string(),
      /** LPIPS's linear weights for VGG, tensors `linN.model.1.weight`. */
      linear: z.string(),
    })
    .optional(),
  /** PatchGAN with hinge loss on the native grid's pictures. Left out: none. */
  adversarial: z
    .strictObject({
      weight: weight.default(0.5),
      /** Step from which it counts; 20000 in LlamaGen, 0 when fine-tuning. */
      startStep: z.int().min(0),
      baseChannels: count.default(64),
      layers: count.default(3),
    })
    .optional(),
  codebook: z.strictObject({
    /** Whether codes are moving averages of the encoder vectors that chose them, or trained by the codebook loss. */
    update: z.enum(["average", "gradient"]).default("gradient"),
    /** Decay of the averages a step. */
    decay: share.default(0.99),
    /** A code that no vector chose for so many steps is dead. */
    deadAfter: count.default(200),
    /** Dead codes replaced in one step, at most. */
    revivePerStep: z.int().min(0).default(64),
  }),
  optimizer: optimizerSchema,
  run: runSchema.prefault({}),
});

export type TokenizerTraining = z.infer<typeof tokenizerTrainingSchema>;

/** LlamaGen's weights without its perceptual and adversarial terms. */
export const paperTokenizerLoss: TokenizerTraining["loss"] = tokenizerTrainingSchema.shape.loss.parse({});
