/** What `createWorkerPipeline` orders of its worker. */

import type { SettingsRecord } from "./image/index.ts";
import type { FromPretrainedOptions } from "./open-web.ts";
import type { EditEvent, TaskRun } from "./pipelines/index.ts";

/** Answered with `WebProgress` events and what is known of the opened model. */
export interface OpenOrder {
  readonly kind: "open";
  /** As given; a name on the hub where nothing lies at the address. */
  readonly model: string;
  /** The same as an address that counts from the page. */
  readonly address: string;
  readonly options: Omit<FromPretrainedOptions, "onProgress" | "signal" | "fetch" | "runtime">;
}

/** Answered with events, each with a number by which its pictures are ordered. */
export interface RunOrder {
  readonly kind: "run";
  readonly task: "generate" | "generateLarge" | "inpaint" | "outpaint" | "expand" | "refine";
  readonly options: object;
}

/** Answered with pixels of an event. */
export interface PictureOrder {
  readonly kind: "picture";
  readonly number: number;
  readonly what: "image" | "decoded" | "picture" | "images";
  readonly row: number;
}

/** Answered with what the pipeline's method of that name returns. */
export interface CallOrder {
  readonly kind: "call";
  readonly method: "score" | "encode" | "decode";
  readonly given: readonly unknown[];
}

/** A run as pages show it: answered with {@link TaskStep}s, the pictures of every scale among them. */
export interface TaskOrder {
  readonly kind: "task";
  readonly run: TaskRun;
}

/** Where an event stands in its run. */
type EventPlace = Pick<EditEvent, "index" | "total" | "window" | "windows" | "first"> & {
  /** Pictures side by side. */
  readonly side: number;
};

/** An event's place, and its pictures as PNGs; the last of each carries its settings. */
export interface TaskStep {
  readonly place: EventPlace;
  readonly isLast: boolean;
  readonly pictures: readonly {
    readonly number: number;
    readonly png: Uint8Array<ArrayBuffer>;
    readonly settings?: SettingsRecord | undefined;
  }[];
}

export type ModelOrder = OpenOrder | RunOrder | TaskOrder | PictureOrder | CallOrder;
