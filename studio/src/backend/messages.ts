/** What the page and the model's worker say to each other. */
import type { Device, DrawEvent, DrawRequest, EditEvent, EditRequest, ExampleSheet, OpenProgress } from "./types.ts";

/** A file of a site's manifest. */
export interface SiteFile {
  readonly file: string;
  readonly bytes: number;
  /** Hex digits of the content's SHA-256. */
  readonly sha256: string;
}

/** What `studio.json` says of a static site. */
export interface BrowserSite {
  readonly backend: "browser";
  /** `hash` is recorded in every PNG: which model drew it. Files lie in `model/`. */
  readonly model: { readonly name: string; readonly hash: string; readonly files: readonly SiteFile[] };
  /** Files that each device needs of ONNX Runtime, in `ort/`. */
  readonly runtime: Readonly<Record<"wasm" | "webgpu", readonly SiteFile[]>>;
  readonly examples?: ExampleSheet | undefined;
}

/** Page to worker, with a port for the answers; any message that comes back through the port stops the order. */
export type Order =
  | { readonly kind: "open"; readonly site: BrowserSite; readonly base: string; readonly device: Device }
  | { readonly kind: "draw"; readonly request: DrawRequest }
  | { readonly kind: "edit"; readonly request: EditRequest }
  | { readonly kind: "read"; readonly png: Blob };

/** Worker to page. `done` and `failed` end an order. */
export type Answer =
  | { readonly kind: "progress"; readonly progress: OpenProgress }
  | { readonly kind: "event"; readonly event: DrawEvent | EditEvent }
  | { readonly kind: "done"; readonly result?: string | DrawRequest | undefined }
  | { readonly kind: "failed"; readonly message: string };
