/** What a coordinator and its members tell each other through the bucket, as JSON that is checked where it is read. */
import { z } from "zod";
import { parseJson, readAs } from "../../json/index.ts";

const count = z.int().nonnegative();
/** JSON has no word for what is not finite: null, read as NaN. */
const measure = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

/** How a run's steps are shared and its weights joined. */
const roundSettingsSchema = z.object({
  /** Parts that each epoch's pictures are dealt into, and places for workers. */
  members: z.int().min(1),
  /** Steps that every member takes by itself in a round (H). */
  innerSteps: z.int().min(1),
  /** Rate and momentum of the outer Nesterov step. */
  outerRate: z.number().positive(),
  outerMomentum: z.number().min(0).max(1),
  /** What an answer holds: differences in float16, or weights in float32. */
  answers: z.enum(["fp16", "fp32"]),
});
export type RoundSettings = Readonly<z.infer<typeof roundSettingsSchema>>;

/** What must be the same for all who train together. */
const matchSchema = z.object({
  version: z.string(),
  config: z.record(z.string(), z.json()),
  /** sha256 of the tokenizer's weights. */
  tokenizer: z.string(),
  data: z.object({
    classes: z.array(z.string()),
    training: count,
    heldOut: count,
    /** sha256 of all names and labels and of a few pictures. */
    sha256: z.string(),
  }),
});
export type Match = z.infer<typeof matchSchema>;

/** Numbers of a round's steps: means, and how many pictures and seconds they took. */
const reportSchema = z.object({
  loss: measure,
  gradNorm: measure,
  lr: z.number(),
  images: count,
  seconds: z.number(),
  parts: z.record(z.string(), measure),
});
export type RoundReport = z.infer<typeof reportSchema>;

/** A run and its round: written by its coordinator alone. */
const runSchema = z.object({
  id: z.string(),
  match: matchSchema,
  settings: roundSettingsSchema,
  isFinished: z.boolean(),
  round: count,
  /** Steps done before the round, and after it; the same where the run is at its end. */
  step: count,
  end: count,
  /** Objects of the weights that the round begins with and of the outer step's momentum, where there is one. */
  weights: z.string(),
  momentum: z.string().nullable(),
  /** Of the round before. */
  report: reportSchema.nullable(),
});
export type RunRecord = z.infer<typeof runSchema>;

const doneSchema = z.object({
  /** Of the run. */
  id: z.string(),
  round: count,
  /** Objects. */
  answer: z.string(),
  own: z.string(),
  report: reportSchema,
});
export type Done = z.infer<typeof doneSchema>;

/** A place that one process holds, as long as it goes on writing to it. */
const placeSchema = z.object({
  holder: z.string(),
  isHeld: z.boolean(),
  /** Without a new beat for so long the holder counts as dead. */
  leaseMs: z.number().positive(),
  beat: count,
  /** The last answer given from this place, whoever held it. */
  done: doneSchema.nullable(),
});
export type Place = z.infer<typeof placeSchema>;

const reader =
  <T extends z.ZodType>(schema: T, where: string) =>
  (bytes: Uint8Array): z.infer<T> =>
    readAs(schema, parseJson(bytes, where), where);

/** Readers of each. @throws FileError for what is none */
export const read = {
  run: reader(runSchema, "the record of a training run"),
  place: reader(placeSchema, "a place in a training run"),
};
