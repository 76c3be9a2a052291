/** What front ends and workers tell each other, as JSON that is checked where it arrives; pictures are payloads beside it. */
import { z } from "zod";
import { parseJson, readAs } from "../json/index.ts";
import { ApiError, type CallKind, type JobForm, type MadePicture } from "../server/index.ts";

const count = z.int().nonnegative();

const formSchema = z.object({
  call: z.enum(["generation", "edit"]),
  size: z.tuple([z.number(), z.number()]).readonly(),
  total: count,
  imageTokens: count,
  maskReading: z.string().optional(),
  output: z.object({ format: z.enum(["jpeg", "webp"]), quality: z.number() }).optional(),
}) satisfies z.ZodType<JobForm>;

/** What is told of a job with its work and with its end. */
const told = {
  id: z.string(),
  requestId: z.string(),
  /** Milliseconds since 1970. */
  created: z.number(),
  form: formSchema,
};
const toldSchema = z.object(told);
export type ToldJob = Readonly<z.infer<typeof toldSchema>>;

/** One message of work. A draw's is one picture of its call; an edit's all of them, and `number` is 0. */
const unitSchema = z.object({
  ...told,
  number: count,
  /** The call's other pictures are in messages of their own. */
  total: count,
  call: z.enum(["generation", "edit"]) satisfies z.ZodType<CallKind>,
  /** This message is for all pictures of the job: an edit, or windows over a coarse picture. */
  whole: z.boolean(),
  /** Milliseconds since 1970. */
  deadline: z.number(),
  /** The checked fields of the call; pictures in it are names of objects. */
  fields: z.record(z.string(), z.unknown()),
  /** Names of the fields that are objects. */
  objects: z.array(z.string()),
});
export type Unit = Readonly<z.infer<typeof unitSchema>>;

const errorSchema = z.object({
  status: z.int(),
  message: z.string(),
  param: z.string().nullable(),
  code: z.string().nullable(),
  retryAfter: z.number().optional(),
});

const how = { status: z.enum(["done", "failed", "cancelled"]), error: errorSchema.optional() };
const howSchema = z.object(how);
export type How = Readonly<z.infer<typeof howSchema>>;

/** How a job ended: written once, by whoever is first. */
const endSchema = z.object({ ...told, ...how });
export type End = Readonly<z.infer<typeof endSchema>>;

/** Who began a piece of work, how often. */
const begunSchema = z.object({ times: count, worker: z.string(), fingerprint: z.string() });
export type Begun = z.infer<typeof begunSchema>;

/** What a worker has begun and not ended: how often each piece was begun, by its place in its job. */
const notesSchema = z.object({ worker: z.string(), fingerprint: z.string(), times: z.record(z.string(), count) });
export type Notes = z.infer<typeof notesSchema>;

/** Everything of a picture but its bytes, which are the payload, or an object of that name. */
const pictureSchema = z.object({
  at: count,
  seed: z.number(),
  tokens: z.number(),
  earlier: count,
  info: z.custom<MadePicture["info"]>((value) => typeof value === "object" && value !== null),
  scale: z.object({ index: count, total: count, isLast: z.boolean() }),
  /** Of the worker that drew it; `a>b` where b drew what a had begun. */
  fingerprint: z.string(),
  object: z.string().optional(),
});
export type PictureHead = z.infer<typeof pictureSchema>;

/** What a worker says of itself, again and again. */
const workerSchema = z.object({
  id: z.string(),
  fingerprint: z.string(),
  model: z.object({ name: z.string(), hash: z.string() }),
  about: z.record(z.string(), z.string()),
  budget: z
    .object({
      memoryBytes: z.number(),
      idleBytes: z.number(),
      rate: z.object({ transformer: z.number(), tokenizer: z.number(), call: z.number() }),
    })
    .optional(),
  /** Hash of the network whose features it takes. */
  judge: z.string().optional(),
  pictures: count,
  /** What it has done beside that. */
  tally: z.object({ batches: count, redeliveries: count, drawing: z.number(), storing: z.number() }).optional(),
  started: z.number(),
});
export type WorkerCard = z.infer<typeof workerSchema>;

const reader =
  <T extends z.ZodType>(schema: T, where: string) =>
  (bytes: Uint8Array | string): z.infer<T> =>
    readAs(schema, parseJson(bytes, where), where);

/** Readers of each. @throws FileError for what is none */
export const read = {
  unit: reader(unitSchema, "a message of work"),
  end: reader(endSchema, "a job's end"),
  begun: reader(begunSchema, "a note of begun work"),
  ids: reader(z.array(z.string()), "news of begun jobs"),
  notes: reader(notesSchema, "a worker's notes of begun work"),
  picture: reader(pictureSchema, "a picture's header"),
  worker: reader(workerSchema, "a worker's card"),
};

export const write = (value: object): string => JSON.stringify(value);

/** The same for headers, which are ASCII: names of classes need not be. */
export const writeHeader = (value: object): string =>
  JSON.stringify(value).replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

export function errorOf({ status, message, param, code, retryAfter }: ApiError): NonNullable<How["error"]> {
  return { status, message, param, code, ...(retryAfter !== undefined && { retryAfter }) };
}

export const apiErrorOf = ({ status, message, param, code, retryAfter }: NonNullable<How["error"]>): ApiError =>
  new ApiError(status, message, {
    ...(param !== null && { param }),
    ...(code !== null && { code }),
    retryAfter,
  });
