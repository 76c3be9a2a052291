/** What draws pictures for the studio: the model in this browser, or a server. The rest of the studio knows only this. */
import type { ExampleSheet } from "flexvar/client";
import type { Grid, SettingsRecord } from "flexvar/web";
import type { Connection } from "./connection.ts";

/** What is known of a model before its weights are there. */
export interface ModelInfo {
  readonly name: string;
  /** What pictures call it in their settings. */
  readonly hash: string;
  /** Class names by id. */
  readonly labels: readonly string[];
  /** Groups of classes, by their ids; none where the model has none. */
  readonly groups: readonly { readonly name: string; readonly ids: readonly number[] }[];
  /** Styles that can be told; none where the model has one. */
  readonly styles: readonly string[];
  /** Pixels on a side of one token, and tokens on a side of the trained square. */
  readonly factor: number;
  readonly trainedSide: number;
  readonly defaults: { readonly steps: number; readonly guidance: number; readonly guidanceMode: string };
  /** Bytes that opening downloads the first time; 0 where nothing is downloaded. */
  readonly downloadBytes: number;
  /** Whether they are on this device already. */
  readonly downloaded: boolean;
  /** One example picture a class, tiled row by row. */
  readonly examples?: (ExampleSheet & { readonly address: string }) | undefined;
}

/** How far opening has come; `total` is 0 while unknown. */
export interface OpenProgress {
  readonly stage: "download" | "start";
  readonly loaded: number;
  readonly total: number;
}

/** One order of pictures. Sizes in pixels. */
export interface DrawRequest {
  readonly classId: number;
  readonly width: number;
  readonly height: number;
  readonly steps: number;
  /** The grids themselves, in place of steps; the picture's size is the last one's. */
  readonly scales?: readonly Grid[] | undefined;
  readonly guidance: number;
  readonly seed: number;
  readonly count: number;
  /** Number of the first picture among those of this seed and class; 0 begins. */
  readonly firstIndex: number;
  /** The style's name; left out, none is told. */
  readonly style?: string | undefined;
  /** Other sampling options by the library's names. */
  readonly more?: Readonly<Record<string, unknown>> | undefined;
}

/** One picture as it stands at one scale. */
export interface DrawnPicture {
  /** Its number within the request, from 0. */
  readonly number: number;
  /** A PNG; at the last scale it carries the settings. */
  readonly image: Blob;
  /** At the last scale: what the PNG says about itself. */
  readonly settings?: SettingsRecord | undefined;
}

/** An order that has to wait: how many come before it. */
interface Waiting {
  readonly kind: "waiting";
  readonly position: number;
}

/** Pictures as they stand after a scale. */
interface Step {
  readonly kind: "step";
  /** Whether it is their last scale. */
  readonly isLast: boolean;
  readonly pictures: readonly DrawnPicture[];
}

/** What happens while drawing, in order: the plan, the place in a server's queue, then scales of the pictures. */
export type DrawEvent = Waiting | { readonly kind: "plan"; readonly grids: readonly Grid[] } | Step;

/** What happens while editing; `done` is the share of the work that is done, 0 to 1. */
export type EditEvent = Waiting | (Step & { readonly done: number });

/** One picture in memory: RGBA, 8 bits a channel, row by row. */
export interface Pixels {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

/** One order of edits of a picture. */
export interface EditRequest {
  readonly task: "inpaint" | "refine";
  readonly image: Pixels;
  /** 0 keeps, 255 repaints, between blends; as large as the picture. For `inpaint`. */
  readonly mask?: Uint8Array<ArrayBuffer> | undefined;
  /** Width and height of the result; for `refine`. */
  readonly size?: readonly [number, number] | undefined;
  /** The class to paint; undefined: the model's best guess. */
  readonly classId?: number | undefined;
  /** Undefined: as the rules of editing have it. */
  readonly guidance?: number | undefined;
  /** Other options by the library's names, as steps and strength. */
  readonly more?: Readonly<Record<string, unknown>> | undefined;
  readonly seed: number;
  readonly count: number;
}

/** Where the model computes: the best there is, or one of the two by name. */
export type Device = "auto" | "webgpu" | "wasm";

export interface Backend {
  readonly kind: "browser" | "server";
  /** The line to the server, where there is one. */
  readonly connection?: Connection | undefined;
  /** Reads what is known of the model; cheap. @throws Error in words. */
  describe(): Promise<ModelInfo>;
  /** Makes the model ready and says what computes; at once where it is ready. @throws Error in words. */
  open(request: { device: Device; onProgress(progress: OpenProgress): void }): Promise<string>;
  /** Draws. Ends early, without an error, once the signal is aborted. @throws Error in words. */
  draw(request: DrawRequest, signal: AbortSignal): AsyncIterable<DrawEvent>;
  /** Edits; like `draw` in ending and failing. */
  edit(request: EditRequest, signal: AbortSignal): AsyncIterable<EditEvent>;
  /** Settings that a PNG carries, as a request; undefined where there are none. */
  readSettings(png: Blob): Promise<DrawRequest | undefined>;
  /** Takes the token that a server asks for (`TokenError`). */
  giveToken?(token: string): void;
  /** Gives the model's memory back; the next `open` or `draw` takes it again. */
  release(): void;
}
