/** What the page orders of the model's worker. */
import type { BrowserSite } from "flexvar/client";
import type { Device, DrawRequest, EditRequest } from "./types.ts";

export type Order =
  | { readonly kind: "open"; readonly site: BrowserSite; readonly base: string; readonly device: Device }
  | { readonly kind: "draw"; readonly request: DrawRequest }
  | { readonly kind: "edit"; readonly request: EditRequest }
  | { readonly kind: "read"; readonly png: Blob };
