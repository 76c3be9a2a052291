/** What the page and the model's worker say to each other. */
import type { SettingsRecord } from "flexvar/web";
import type { Device, DrawEvent, DrawRequest, EditEvent, EditRequest, OpenProgress } from "./types.ts";

/** A file of a site's manifest. */
export interface SiteFile {
  readonly file: string;
  readonly bytes: number;
  /** Hex digits of the content's SHA-256. */
  readonly sha256: string;
}

export interface OpenOrder {
  /** Addresses of folders, each ending in `/`. */
  readonly model: string;
  readonly runtime: string;
  readonly modelFiles: readonly SiteFile[];
  /** Files that each device needs from the runtime's folder. */
  readonly runtimeFiles: Readonly<Record<"wasm" | "webgpu", readonly SiteFile[]>>;
  /** Recorded in every PNG: which model drew it. */
  readonly modelHash: string;
  readonly device: Device;
}

/** Page to worker; the answer carries the same id. */
export type Order =
  | { readonly id: number; readonly kind: "open"; readonly order: OpenOrder }
  | { readonly id: number; readonly kind: "draw"; readonly request: DrawRequest }
  | { readonly id: number; readonly kind: "edit"; readonly request: EditRequest }
  | { readonly id: number; readonly kind: "read"; readonly png: Blob }
  | { readonly id: number; readonly kind: "cancel" };

/** Worker to page. `done` and `failed` end an order. */
export type Answer =
  | { readonly id: number; readonly kind: "progress"; readonly progress: OpenProgress }
  | { readonly id: number; readonly kind: "event"; readonly event: DrawEvent | EditEvent }
  | { readonly id: number; readonly kind: "done"; readonly result?: string | SettingsRecord | DrawRequest | undefined }
  | { readonly id: number; readonly kind: "failed"; readonly message: string };
