/** What the page and the model's worker say to each other. */
import type { BrowserSite } from "flexvar/client";
import type { Device, DrawEvent, DrawRequest, EditEvent, EditRequest, OpenProgress } from "./types.ts";

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
