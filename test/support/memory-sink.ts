import type { ByteSink } from "../../src/checkpoint/index.ts";
import { checkRange } from "../../src/checkpoint/source.ts";

/** A sink in memory. `bytes()` is what was written so far. */
export function memorySink(): ByteSink & { bytes(): Uint8Array } {
  let buffer = new Uint8Array(1024);
  let position = 0;
  return {
    get position() {
      return position;
    },
    async write(bytes) {
      const end = position + bytes.byteLength;
      if (end > buffer.byteLength) {
        const grown = new Uint8Array(Math.max(end, buffer.byteLength * 2));
        grown.set(buffer.subarray(0, position));
        buffer = grown;
      }
      buffer.set(bytes, position);
      position = end;
    },
    async patch(offset, bytes) {
      checkRange({ name: "patch", size: position }, offset, bytes.byteLength);
      buffer.set(bytes, offset);
    },
    bytes: () => buffer.slice(0, position),
  };
}
