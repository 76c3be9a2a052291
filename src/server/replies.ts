/** Jobs as replies. */
import type {
  ImageEvent,
  ImagesResponse,
  JobBody,
  PictureData,
  PictureForm,
  QueuedEvent,
  TokenUsage,
} from "../client/index.ts";
import type { JobForm, JobState, MadePicture } from "./engine.ts";

function pictureData({ png, info: { classId, label, indexWithinClass }, seed }: MadePicture): PictureData {
  const b64_json = Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString("base64");
  return { b64_json, class_id: classId, class: label ?? null, index_within_class: indexWithinClass, seed };
}

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** Where a PNG says what its pixels hold (PNG specification, 11.2.1), and the bit of it that is the alpha channel. */
const COLOUR_TYPE = 25;
const ALPHA = 4;

/** What pictures of a job are, the finished size whatever the scale. */
function pictureForm({ size, maskReading }: JobForm, pictures: readonly MadePicture[]): PictureForm {
  const isOpaque = pictures.every(({ png }) => (png[COLOUR_TYPE]! & ALPHA) === 0);
  const fingerprints = new Set(pictures.flatMap(({ fingerprint = [] }) => fingerprint));
  return {
    output_format: "png",
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
export function imagesBody({ pictures, created, form }: JobState): ImagesResponse {
  const data = pictures.map(pictureData);
  return { created: seconds(created), ...pictureForm(form, pictures), usage: usage(form, pictures), data };
}

/** The place in the queue, in a stream. */
export function queuedEvent(created: number, position: number): QueuedEvent {
  return { type: "image_job.queued", created_at: seconds(created), position };
}

/** One picture of a stream. */
export function imageEvent(picture: MadePicture, { form, created }: JobState): ImageEvent {
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
    ...pictureData(picture),
  };
}

/** A job as its poll address shows it. */
export function jobBody(job: JobState, position: number | undefined): JobBody {
  return {
    id: job.id,
    object: "image.job",
    status: job.status,
    position: position ?? null,
    pictures: { done: job.done, total: job.form.total },
    poll_url: `/v1/jobs/${job.id}`,
    result: job.status === "done" ? imagesBody(job) : null,
    error: job.error?.body(job.requestId).error ?? null,
  };
}
