import { FileError } from "../errors/index.ts";
import { fileProblem } from "../files/index.ts";
import type { RgbImage } from "../image/index.ts";
import type { LeftOut, Reading } from "./left-out.ts";

/** A decoded picture: RGB, 8 bits, row by row (HWC). */
export type Picture = RgbImage;

/** One labelled picture. */
export interface Example {
  readonly image: Picture;
  /** Index into the data set's `classes`. */
  readonly label: number;
  /** Which file, row or member it came from; names the picture in reports. */
  readonly name: string;
}

/** Consecutive rows that are cheap to read together (a row group of a Parquet file): from `begin` up to, without, `end`. */
export interface Chunk {
  readonly begin: number;
  readonly end: number;
}

/** Labelled pictures by number. Reading is on demand; nothing but labels and places is held in memory, `.npz` excepted. */
export interface Dataset {
  /** Number of pictures, corrupt ones included. */
  readonly length: number;
  /** Class names; a label is an index into them. */
  readonly classes: readonly string[];
  /** Who drew the pictures, where the data set says so: `styleOf` is an index into it. */
  readonly styles?: readonly string[];
  /** Names of classes by the name of a group of them. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  /** Present where reading in random order would be slow; shuffling then keeps neighbours together. */
  readonly chunks?: readonly Chunk[];
  /** Set where the files of a table hold no labels at all: its one class is none of theirs. */
  readonly isUnlabelled?: boolean;
  /** How its files were read, where there are some. */
  readonly reading?: Reading;
  /** The label of picture `index`, without decoding it. */
  labelOf(index: number): number;
  /** The style of picture `index`; present with `styles`. */
  styleOf?(index: number): number;
  /** The name of picture `index`, without decoding it. */
  nameOf(index: number): string;
  /** Reads and decodes picture `index`. @throws CorruptImageError when it cannot be decoded. */
  get(index: number): Promise<Example>;
  /** Releases open files. */
  close(): Promise<void>;
}

/** A picture that cannot be decoded; readers of whole data sets count and name it, and go on. */
export class CorruptImageError extends FileError {
  override readonly name = "CorruptImageError";
  constructor(
    /** The picture's name in its data set. */
    readonly picture: string,
    /** What the decoder said. */
    readonly reason: string,
  ) {
    super(picture, "a readable image", reason, { isQuoted: true });
  }
}

/**
 * What a failed reading of a picture means: a file that vanished, became something else or may not be read is a corrupt
 * picture; trouble that is not the file's own (no handles, no memory) stays what it is.
 */
export function pictureProblem(picture: string, error: unknown): unknown {
  const problem = error instanceof CorruptImageError ? undefined : fileProblem(error);
  return problem === undefined ? error : new CorruptImageError(picture, problem);
}

/** A data set that cannot be opened or used as asked. */
export class DatasetError extends FileError {
  override readonly name = "DatasetError";
}

/** Pictures of which none has a label, where labels are expected: common for test splits on the Hugging Face hub. */
export class UnlabelledError extends DatasetError {
  constructor(
    file: string,
    expected: string,
    got: string,
    /** What was left out for want of a label. */
    readonly leftOut: readonly LeftOut[],
  ) {
    super(file, expected, got);
  }
}

/** Checks an index. @throws RangeError */
export function checkIndex(dataset: { readonly length: number }, index: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= dataset.length) {
    throw new RangeError(`dataset: expected an index from 0 to ${dataset.length - 1}, got ${index}`);
  }
}
