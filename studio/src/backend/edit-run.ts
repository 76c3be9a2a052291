/** An order of an edit as the library carries it out. */
import type { TaskRun } from "flexvar/web";
import type { EditRequest } from "./types.ts";
import { sha256 } from "./weights.ts";

/** @param model what the model is called in the pictures' settings. */
export async function editRun(request: EditRequest, model: string): Promise<TaskRun> {
  const { task, image, mask, size, classId, guidance, more, seed, count } = request;
  const { data, width, height } = image;
  const options = {
    ...more,
    image,
    classLabels: classId === undefined ? ("auto" as const) : [classId],
    ...(guidance !== undefined && { guidance }),
    seed,
    count,
  };
  // As `pictureHash` of the library.
  const named = await sha256(await new Blob([`${width}x${height}:`, data]).arrayBuffer());
  return {
    task,
    options,
    size: size ?? ([width, height] as const),
    mask: mask && { data: mask, width, height },
    image: named?.slice(0, 16) ?? "unknown",
    model,
  };
}

/** Where an event of an edit stands. */
export interface EventPlace {
  /** Scale number from 0, of `total` in this window. */
  readonly index: number;
  readonly total: number;
  /** Window number from 0, of `windows`. */
  readonly window: number;
  readonly windows: number;
  /** The first of the pictures that are painted side by side, and how many these are. */
  readonly first: number;
  readonly side: number;
}

/** The share of an edit of `count` pictures that is done after an event, 0 to 1. */
export function doneShare({ index, total, window, windows, first, side }: EventPlace, count: number): number {
  const batches = Math.ceil(count / Math.max(1, side));
  const batch = Math.floor(first / Math.max(1, side));
  return (batch + (window + (index + 1) / total) / windows) / batches;
}
