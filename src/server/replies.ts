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
import type { Job, MadePicture, Work } from "./jobs.ts";

function pictureData({ png, info: { classId, label, indexWithinClass }, seed }: MadePicture): PictureData {
  const b64_json = Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString("base64");
  return { b64_json, class_id: classId, class: label ?? null, index_within_class: indexWithinClass, seed };
}

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** Where a PNG says what its pixels hold (PNG specification, 11.2.1), and the bit of it that is the alpha channel. */
const COLOUR_TYPE = 25;
const ALPHA = 4;

function sizeOf(work: Work): readonly [width: number, height: number] {
  if (work.kind === "edit") return work.edit.task === "generate-large" ? work.edit.options.size : work.edit.size;
  const { width, height } = work.sampling.plan.sizePx;
  return [width, height];
}

/** What pictures of a job are, the finished size whatever the scale. */
function pictureForm(work: Work, pictures: readonly MadePicture[]): PictureForm {
  const isOpaque = pictures.every(({ png }) => (png[COLOUR_TYPE]! & ALPHA) === 0);
  const reading = work.kind === "edit" ? work.maskReading : undefined;
  return {
    output_format: "png",
    size: sizeOf(work).join("x"),
    background: isOpaque ? "opaque" : "transparent",
    ...(reading !== undefined && { mask_reading: reading }),
  };
}

/** Tokens that finished pictures took. */
function usage(work: Work, pictures: readonly MadePicture[]): TokenUsage {
  const text_tokens = pictures.length;
  const image_tokens = work.kind === "draw" ? 0 : work.imageTokens * pictures.length;
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
export function imagesBody({ finished, created, work }: Job): ImagesResponse {
  const pictures = finished.filter((picture) => picture !== undefined);
  const data = pictures.map(pictureData);
  return { created: seconds(created), ...pictureForm(work, pictures), usage: usage(work, pictures), data };
}

/** The place in the queue, in a stream. */
export function queuedEvent(created: number, position: number): QueuedEvent {
  return { type: "image_job.queued", created_at: seconds(created), position };
}

/** One picture of a stream. */
export function imageEvent(picture: MadePicture, { work, created }: Job): ImageEvent {
  // Windows over a coarse picture are carried out as edits are.
  const isEdit = work.kind === "edit" && work.edit.task !== "generate-large";
  const {
    scale: { index: scale, total: scales, isLast },
    earlier,
    at,
  } = picture;
  return {
    type: `${isEdit ? "image_edit" : "image_generation"}.${isLast ? "completed" : "partial_image"}`,
    created_at: seconds(created),
    ...pictureForm(work, [picture]),
    quality: "auto",
    index: at,
    ...(isLast ? { usage: usage(work, [picture]) } : { partial_image_index: earlier, scale, scales }),
    ...pictureData(picture),
  };
}

/** A job as its poll address shows it. */
export function jobBody(job: Job, position: number | undefined): JobBody {
  return {
    id: job.id,
    object: "image.job",
    status: job.status,
    position: position ?? null,
    pictures: { done: job.finished.filter((picture) => picture !== undefined).length, total: job.finished.length },
    poll_url: `/v1/jobs/${job.id}`,
    result: job.status === "done" ? imagesBody(job) : null,
    error: job.error?.body(job.requestId).error ?? null,
  };
}
