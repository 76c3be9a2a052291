import type { PlacedRows } from "./moments.ts";

/** Bytes of `count` pictures, uint8 [n, height, width, 3]. */
export interface PictureBytes {
  readonly data: Uint8Array;
  readonly count: number;
  readonly width: number;
  readonly height: number;
}

/** Near looks of a batch: a shallow vector of each picture, and patches at fixed places of two resolutions. */
export interface DetailRows {
  /** [n, shallow width] */
  readonly shallow: Float32Array;
  /** Patches of the whole picture, and of the picture at half its size. */
  readonly fine: PlacedRows;
  readonly coarse: PlacedRows;
}

/** Rows of a batch: features [n, dim], and where the network has them spatial features and class scores. */
export interface FeatureRows {
  readonly features: Float32Array;
  /** [n, spatialDim], for sFID. */
  readonly spatial?: Float32Array;
  /** [n, classes], for the Inception Score. */
  readonly logits?: Float32Array;
  /** Near looks, for distances of details. */
  readonly details?: DetailRows;
}

/** Classes that belong together, by number. */
export interface ClassGroup {
  readonly name: string;
  readonly members: readonly number[];
}

/** A network that pictures are compared by: a classifier, or Inception. */
export interface FeatureExtractor {
  /** Names network and resizing. */
  readonly name: string;
  /** SHA-256 of what defines its numbers. */
  readonly hash: string;
  readonly dim: number;
  /** How pictures are brought to the network's own side, where it has one. */
  readonly resize?: string;
  /** Names of the classes that it tells apart, where its class scores have names. */
  readonly labels?: readonly string[];
  /** Groups of its classes, where it has some; a class may be in several, or in none. */
  readonly groups?: readonly ClassGroup[];
  extract(batch: PictureBytes): Promise<FeatureRows>;
}
