/** What editing yields, scale by scale. */
import type { WindowPass } from "../editing/index.ts";
import type { RgbaImage } from "../image/index.ts";
import type { ScaleTokens } from "./model.ts";
import type { PictureInfo } from "./pictures.ts";

/** One finished scale of one window, for one batch of variants. */
export interface EditEvent extends ScaleTokens {
  /** Scale number from 0, of `total` in this window. */
  readonly index: number;
  readonly total: number;
  /** Window number from 0, of `windows`. */
  readonly window: number;
  readonly windows: number;
  /** What the window shows and paints. */
  readonly pass: WindowPass;
  /** True at the last scale of the last window; where the best of several is asked for, of the ranked variants alone. */
  readonly isLast: boolean;
  /** One a picture where variants were ranked: bits per token of the finished picture under its class; the lower the likelier. */
  readonly bitsPerToken?: readonly number[];
  /** The batch's variants, and the position of its first among all of the run. */
  readonly pictures: readonly PictureInfo[];
  readonly first: number;
  /** The whole pictures as they stand, one a variant: outside the mask the bytes given, always. */
  images(): Promise<readonly RgbaImage[]>;
}

/** What the model sees under transparent parts. */
export const WHITE: readonly [number, number, number] = [255, 255, 255];
