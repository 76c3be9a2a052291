/** What the tasks take, an opened model; and what editing yields. */
import type { Crop, WindowPass } from "../editing/index.ts";
import type { PlanarBatch, RgbaImage } from "../image/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import type { Grid } from "../sampling/index.ts";
import type { Networks } from "./networks.ts";
import type { PictureInfo } from "./pictures.ts";

/** Tokens of one scale of a batch. */
export interface ScaleTokens {
  readonly grid: Grid;
  /** Code ids [B, h, w], row-major. */
  readonly tokens: Int32Array;
}

/** An opened model, as the pipeline is one. */
export interface OpenModel {
  readonly config: ModelConfig;
  /** The model's sessions. */
  readonly networks: Networks;
  /** Pixels on a side of one token. */
  readonly factor: number;
  /** Names of the classes by id; empty where the model has none. */
  readonly labels: readonly string[];
  /** Decodes one scale's tokens to pictures [B, 3, H, W], about [−1, 1], not clamped. */
  decode(scale: ScaleTokens): Promise<PlanarBatch>;
}

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
  /** Of an edit that works on a part of a photograph alone. */
  readonly cropped?: CroppedPictures | undefined;
}

/** What an edit painted of a photograph's part. */
export interface CroppedPictures {
  readonly crop: Crop;
  /** The part at the size that was worked on, one a variant: what is put into the photograph where the mask repaints. */
  patches(): Promise<readonly RgbaImage[]>;
  /** The whole pictures, no side over `longest` pixels. */
  reduced(longest: number): Promise<readonly RgbaImage[]>;
}

/** What the model sees under transparent parts. */
export const WHITE: readonly [number, number, number] = [255, 255, 255];
