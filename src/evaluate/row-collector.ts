import { concatArrays } from "../files/index.ts";

/** Rows joined at the end, or dropped. */
export interface RowCollector {
  add(rows: Float32Array): void;
  /** All rows one after another; undefined where none are kept. */
  all(): Float32Array | undefined;
}

/** @param keep whether rows are held; without, nothing is */
export function rowCollector(keep: boolean): RowCollector {
  const parts: Float32Array[] = [];
  return {
    add(rows) {
      if (keep) parts.push(Float32Array.from(rows));
    },
    all: () => (parts.length === 0 ? undefined : concatArrays(Float32Array, parts)),
  };
}
