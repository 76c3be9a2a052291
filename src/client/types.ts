/** What the HTTP API takes and gives. */
import type { z } from "zod";
import type { MaskMode } from "../editing/index.ts";
import type { EditingField, EditTask, OptionName, Options, SamplingField } from "../options/index.ts";
import type { PerScale } from "../sampling/index.ts";

/** Error form of every refusal. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
    /** What the server's log and the header `X-Request-Id` call the request. */
    readonly request_id?: string;
  };
}

/** Deeply read-only, so that constants can be given. */
type Given<T> = T extends object ? { readonly [K in keyof T]: Given<T[K]> } : T;

/** Options under their HTTP names, as their schemas take them. */
type OptionFields<N extends OptionName> = {
  readonly [K in N as Options[K] extends { readonly served: false } ? never : Options[K]["http"]]?: Given<
    z.input<Options[K]["schema"]>
  >;
};

/** A number for every scale: one, a list coarse to fine (its last holds on), from one value to another, or a text such as `4,4,2` or `4..2`. */
export type ByScale = PerScale | string;

/** Fields that generations and edits share: every sampling option, and what only HTTP has. */
export interface SamplingFields extends Omit<OptionFields<SamplingField>, "size" | "class_labels"> {
  /** `WxH`, a side in pixels, both sides, or auto. */
  readonly size?: OptionFields<"size">["size"] | "auto";
  /** Class names between commas, where `class_labels` is left out. */
  readonly prompt?: string;
  /** Name of the served model. */
  readonly model?: string;
  readonly user?: string;
  /** Number of the first picture within each class. */
  readonly first_index?: number;
  /** What the pictures' files are; png, the default, carries the settings. */
  readonly output_format?: "png" | "jpeg" | "webp";
  /** Quality of jpeg and webp, 0 to 100; 100, the default, loses nothing in webp. */
  readonly output_compression?: number;
  /** Scales to send pictures of while streaming: evenly chosen, or all. */
  readonly partial_images?: number | "all";
}

export interface GenerationFields extends SamplingFields, OptionFields<"classLabels"> {
  /** Beyond twice the trained side: one sampling of the whole (plain), or windows over a coarse picture. */
  readonly large?: "plain" | "windows";
}

export interface EditFields extends SamplingFields, OptionFields<EditingField> {
  /** Class ids or names; auto, the default: the model's guess; none: no class. */
  readonly class_labels?: OptionFields<"classLabels">["class_labels"] | "auto" | "none";
  /** A picture file in base64, plain or as a data URL. */
  readonly image: string;
  readonly mask?: string;
  readonly mask_mode?: MaskMode;
  readonly task?: EditTask;
  readonly left?: number;
  readonly right?: number;
  readonly top?: number;
  readonly bottom?: number;
  /** Width to height, `2:1` or a number: expand. */
  readonly ratio?: string | number;
}

/** A picture varied: its coarse scales are kept, the finest `strength` of them drawn anew. */
export interface VariationFields extends SamplingFields {
  readonly class_labels?: EditFields["class_labels"];
  readonly image: string;
  readonly strength?: number;
}

/** One finished picture. */
export interface PictureData {
  /** The file in base64; a PNG has its settings embedded. */
  readonly b64_json: string;
  readonly class_id: number;
  readonly class: string | null;
  readonly index_within_class: number;
  readonly seed: number;
}

/** Tokens that pictures took. */
export interface TokenUsage {
  readonly input_tokens: number;
  readonly input_tokens_details: {
    /** Tokens of the picture given, once a picture drawn; 0 where none was given. */
    readonly image_tokens: number;
    /** The class: one a picture. */
    readonly text_tokens: number;
  };
  /** Tokens drawn, over all scales. */
  readonly output_tokens: number;
  readonly total_tokens: number;
}

/** What every picture of a request is, in OpenAI's words. */
export interface PictureForm {
  readonly output_format: "png" | "jpeg" | "webp";
  /** `WxH` of the finished pictures, in pixels. */
  readonly size: string;
  /** transparent: a picture was edited whose kept part is. */
  readonly background: "opaque" | "transparent";
  /** On a cluster: the kinds of machines that drew the pictures; more than one between commas, `a>b` where b drew what a had begun. */
  readonly system_fingerprint?: string;
  /** Of an edit with a mask: by what it was read, which side was repainted, and what share of the picture. */
  readonly mask_reading?: string;
}

export interface ImagesResponse extends PictureForm {
  /** Seconds since 1970. */
  readonly created: number;
  readonly usage: TokenUsage;
  readonly data: readonly PictureData[];
}

/** One event of a stream: a picture at one scale, or finished. `index` counts the request's pictures. */
export interface ImageEvent extends PictureData, PictureForm {
  readonly type:
    | "image_generation.partial_image"
    | "image_generation.completed"
    | "image_edit.partial_image"
    | "image_edit.completed";
  readonly created_at: number;
  readonly quality: "auto";
  readonly index: number;
  /** On partial pictures: which of this picture's partial ones it is, from 0. */
  readonly partial_image_index?: number;
  /** On partial pictures: number of the scale from 0, of `scales`. */
  readonly scale?: number;
  readonly scales?: number;
  /** On finished pictures. */
  readonly usage?: TokenUsage;
}

/** Says, in a stream whose work has not begun, how many orders come before it; sent again whenever that changes. */
export interface QueuedEvent {
  readonly type: "image_job.queued";
  readonly created_at: number;
  /** Orders that wait before this one. */
  readonly position: number;
}

export type StreamEvent = QueuedEvent | ImageEvent;

export type JobStatus = "queued" | "running" | "done" | "failed" | "cancelled";

/** A job as the list of jobs has it. */
export interface JobSummary {
  readonly id: string;
  readonly object: "image.job";
  readonly status: JobStatus;
  /** Jobs before this one; null unless it waits. */
  readonly position: number | null;
  readonly pictures: { readonly done: number; readonly total: number };
  readonly poll_url: string;
  /** When it was handed in, in seconds since 1970. */
  readonly created_at: number;
  readonly error: ErrorBody["error"] | null;
}

export interface JobBody extends JobSummary {
  readonly result: ImagesResponse | null;
}

/** The caller's own jobs that are open or kept, newest first. */
export interface JobsBody {
  readonly object: "list";
  readonly data: readonly JobSummary[];
  /** Whether there are more than were asked for. */
  readonly has_more: boolean;
}

export interface ModelBody {
  readonly id: string;
  readonly object: "model";
  readonly created: number;
  readonly owned_by: "flexvar";
  readonly hash: string;
  readonly num_classes: number;
  /** Class names by id; empty where the model has none. */
  readonly labels: readonly string[];
  /** Names of classes by the name of a group of them, of which every picture draws a member. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** Names of the styles that can be asked for. */
  readonly styles: readonly string[];
  /** Side in pixels of the pictures that the model was trained on. */
  readonly trained_size: number;
}
