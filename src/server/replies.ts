/** Jobs as replies. */
import type { ErrorBody, ImageEvent, ImagesResponse, JobBody, PictureData, QueuedEvent } from "../client/index.ts";
import type { Job, MadePicture } from "./jobs.ts";

function pictureData({ png, classId, label, indexWithinClass, seed }: MadePicture): PictureData {
  const b64_json = Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString("base64");
  return { b64_json, class_id: classId, class: label ?? null, index_within_class: indexWithinClass, seed };
}

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** The pictures of a job that is done. */
export function imagesBody(job: Job): ImagesResponse {
  const data = job.finished.flatMap((picture) => (picture === undefined ? [] : [pictureData(picture)]));
  return { created: seconds(job.created), output_format: "png", data };
}

/** The place in the queue, in a stream. */
export function queuedEvent(created: number, position: number): QueuedEvent {
  return { type: "image_job.queued", created_at: seconds(created), position };
}

/** One picture of a stream. */
export function imageEvent(picture: MadePicture, kind: "draw" | "edit", created: number): ImageEvent {
  const prefix = kind === "draw" ? "image_generation" : "image_edit";
  const { isLast, scale, scales, at } = picture;
  return {
    type: `${prefix}.${isLast ? "completed" : "partial_image"}`,
    created_at: seconds(created),
    output_format: "png",
    index: at,
    ...(isLast ? {} : { partial_image_index: scale, scales }),
    ...pictureData(picture),
  };
}

/** A job as its poll address shows it. */
export function jobBody(job: Job, position: number | undefined): JobBody {
  const error: ErrorBody["error"] | null = job.error?.body(job.requestId).error ?? null;
  return {
    id: job.id,
    object: "image.job",
    status: job.status,
    position: position ?? null,
    pictures: { done: job.finished.filter((picture) => picture !== undefined).length, total: job.finished.length },
    poll_url: `/v1/jobs/${job.id}`,
    result: job.status === "done" ? imagesBody(job) : null,
    error,
  };
}
