/** Documents of the editor as they lie in the browser's storage. */
import type { Packed } from "./pack.ts";

/** What the list of documents shows of one. */
export interface DocumentFacts {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
  /** Pixels of the picture with its margins. */
  readonly width: number;
  readonly height: number;
  readonly thumbnail: Blob;
}

export interface StoredDocument extends DocumentFacts {
  /** Counts the savings, so that a tab notices that another one saved as well. */
  readonly revision: number;
  readonly content: Packed;
}

/** A canvas or bitmap as a PNG, a file, or bytes, of one document. */
export type StoredPart = Blob;
