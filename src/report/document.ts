/** What a report is made of: plain data, top to bottom. */
import type { Interval } from "../evaluate/index.ts";

export interface ReportDocument {
  readonly title: string;
  /** One sentence below the title. */
  readonly summary?: string;
  readonly warnings?: readonly string[];
  readonly sections: readonly Section[];
}

export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export type Block =
  | { readonly kind: "prose"; readonly text: string }
  | { readonly kind: "facts"; readonly rows: readonly (readonly [name: string, value: string])[] }
  | { readonly kind: "table"; readonly table: Table }
  | { readonly kind: "plots"; readonly plots: readonly Plot[] }
  | { readonly kind: "pictures"; readonly pictures: readonly Picture[] };

export interface Table {
  readonly caption: string;
  /** Numeric columns stand right. */
  readonly columns: readonly { readonly name: string; readonly numeric?: boolean }[];
  /** Each row's first cell is its heading; `best` numbers the cells of a row that are set apart. */
  readonly rows: readonly { readonly cells: readonly Cell[]; readonly best?: readonly number[] }[];
}

/** A cell's text, and what stands below it in small letters. */
export type Cell = string | { readonly text: string; readonly detail: string };

/** Lines over one option's values, with intervals. */
export interface Plot {
  readonly title: string;
  /** Said below the title, for example which way is better. */
  readonly note?: string;
  /** Values of the option, in their order; placed by number where every value is one, else evenly. */
  readonly x: { readonly name: string; readonly values: readonly string[] };
  readonly format: NumberFormat;
  readonly series: readonly Series[];
}

export interface Series {
  readonly name: string;
  /** One entry for each value of x; null where there is no number. */
  readonly points: readonly ({ readonly value: number; readonly interval: Interval | null } | null)[];
}

/** Shares are shown in per cent. */
export type NumberFormat = "number" | "share" | "decibel";

export interface Picture {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** What can be seen, for those who cannot see it. */
  readonly alt: string;
  readonly caption: string;
  /** Screen pixels a picture's pixel takes where there is room: 1 by default. */
  readonly scale?: number;
}
