/** What the page and the photograph's worker say to each other. All places are in pixels of the upright photograph. */
import type { PixelRect } from "flexvar/image";
import type { Pixels } from "../backend/types.ts";

/** What is repainted: alpha of a part of the shown picture, 0 keeps, of which one pixel stands for `1 / scale` of the photograph's. */
export interface PhotoMask {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Where the part begins in the shown picture. */
  readonly left: number;
  readonly top: number;
  readonly scale: number;
}

/** What was painted, in its place. */
export interface Patch {
  readonly region: PixelRect;
  /** Of any size; it is enlarged to the region. */
  readonly pixels: Pixels;
  readonly mask: PhotoMask;
}

/** Page to worker. `file` is sent with every order; the worker decodes it when its number is another than before. */
export type PhotoOrder = {
  readonly file: Blob;
  readonly number: number;
  readonly patches: readonly Patch[];
} /** Asks for what is shown: at most so many pixels a side. */ & (
  | { readonly kind: "show"; readonly most: number }
  /** The same as a PNG. */
  | { readonly kind: "showFile"; readonly most: number }
  | {
      readonly kind: "view";
      readonly region: PixelRect;
      readonly work: { readonly width: number; readonly height: number };
      readonly mask: PhotoMask;
      /** Whether what is under the mask is seen too. */
      readonly readsHole: boolean;
    }
  | { readonly kind: "export"; readonly keepsRecords: boolean }
);

/** A part as the model sees it: its pixels, and 255 where any of it is repainted. */
export interface PhotoView {
  readonly image: Pixels;
  readonly mask: Uint8Array<ArrayBuffer>;
}

/** Size of a photograph, and what is shown of it. */
export interface ShownPhoto {
  readonly width: number;
  readonly height: number;
  readonly shown: ImageBitmap;
}

export type PhotoAnswer = { readonly result: ShownPhoto | PhotoView | Blob } | { readonly failed: string };
