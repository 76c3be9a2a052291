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
    all() {
      if (parts.length === 0) return undefined;
      const joined = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
      let at = 0;
      for (const part of parts) {
        joined.set(part, at);
        at += part.length;
      }
      return joined;
    },
  };
}
