/** Jobs as replies. */
import type {
  ImageEvent,
  ImagesResponse,
  JobBody,
  JobSummary,
  PictureData,
  PictureForm,
  QueuedEvent,
  TokenUsage,
} from "../client/index.ts";
import { encodePhoto, loadPhoto } from "../image/node.ts";
import type { JobForm, JobOutput, JobState, MadePicture } from "./engine.ts";

async function pictureData(
  { png, info: { classId, label, indexWithinClass }, seed }: MadePicture,
  output: JobOutput | undefined,
): Promise<PictureData> {
  const file = output === undefined ? png : await inFormat(png, output);
  const b64_json = Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString("base64");
  return { b64_json, class_id: classId, class: label ?? null, index_within_class: indexWithinClass, seed };
}

/** A PNG in another format: its profile and records stay, its settings do not. */
const inFormat = async (png: Uint8Array, { format, quality }: JobOutput): Promise<Uint8Array> =>
  encodePhoto(await loadPhoto(png, { limits: { pixels: Number.MAX_SAFE_INTEGER } }), { format, quality });

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** Where a PNG says what its pixels hold (PNG specification, 11.2.1), and the bit of it that is the alpha channel. */
const COLOUR_TYPE = 25;
const ALPHA = 4;

/** What pictures of a job are, the finished size whatever the scale. */
function pictureForm({ size, maskReading, output }: JobForm, pictures: readonly MadePicture[]): PictureForm {
  const isOpaque = pictures.every(({ png }) => (png[COLOUR_TYPE]! & ALPHA) === 0);
  const fingerprints = new Set(pictures.flatMap(({ fingerprint = [] }) => fingerprint));
  return {
    output_format: output?.format ?? "png",
    size: size.join("x"),
    background: isOpaque ? "opaque" : "transparent",
    ...(fingerprints.size > 0 && { system_fingerprint: [...fingerprints].sort().join() }),
    ...(maskReading !== undefined && { mask_reading: maskReading }),
  };
}

/** Tokens that finished pictures took. */
function usage({ imageTokens }: JobForm, pictures: readonly MadePicture[]): TokenUsage {
  const text_tokens = pictures.length;
  const image_tokens = imageTokens * pictures.length;
  const output_tokens = pictures.reduce((sum, { tokens }) => sum + tokens, 0);
  const input_tokens = text_tokens + image_tokens;
  return {
    input_tokens,
    input_tokens_details: { image_tokens, text_tokens },
    output_tokens,
    total_tokens: input_tokens + output_tokens,
  };
}

/** The pictures of a job that is done. */
export async function imagesBody({ pictures, created, form }: JobState): Promise<ImagesResponse> {
  const data: PictureData[] = [];
  for (const picture of pictures) data.push(await pictureData(picture, form.output));
  return { created: seconds(created), ...pictureForm(form, pictures), usage: usage(form, pictures), data };
}

/** The place in the queue, in a stream. */
export function queuedEvent(created: number, position: number): QueuedEvent {
  return { type: "image_job.queued", created_at: seconds(created), position };
}

/** One picture of a stream. */
export async function imageEvent(picture: MadePicture, { form, created }: JobState): Promise<ImageEvent> {
  const {
    scale: { index: scale, total: scales, isLast },
    earlier,
    at,
  } = picture;
  return {
    type: `image_${form.call}.${isLast ? "completed" : "partial_image"}`,
    created_at: seconds(created),
    ...pictureForm(form, [picture]),
    quality: "auto",
    index: at,
    ...(isLast ? { usage: usage(form, [picture]) } : { partial_image_index: earlier, scale, scales }),
    ...(await pictureData(picture, form.output)),
  };
}

/** A job as its poll address shows it. */
export async function jobBody(job: JobState, position: number | undefined): Promise<JobBody> {
  return { ...jobSummary(job, position), result: job.status === "done" ? await imagesBody(job) : null };
}

/** A job as a list shows it: without its pictures. */
export function jobSummary(job: JobState, position: number | undefined): JobSummary {
  return {
    id: job.id,
    object: "image.job",
    status: job.status,
    position: position ?? null,
    pictures: { done: job.done, total: job.form.total },
    poll_url: `/v1/jobs/${job.id}`,
    created_at: seconds(job.created),
    error: job.error?.body(job.requestId).error ?? null,
  };
}
