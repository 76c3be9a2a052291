import { CheckpointError, quote, reason } from "./error.ts";
import { type ByteSource, readChunks } from "./source.ts";
import type { ZipEntry } from "./zip-format.ts";

/** The platform's raw-deflate decoder, fed with a record's bytes as it asks for them. */
function inflated(source: ByteSource, entry: ZipEntry): ReadableStream<Uint8Array> {
  const chunks = readChunks(source, entry.offset, entry.compressedSize, 1 << 16);
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(new Uint8Array(value));
    },
  });
  return packed.pipeThrough(new DecompressionStream("deflate-raw"));
}

/**
 * A deflated record, piece by piece. Stops with an error as soon as more comes out than the directory says, so that
 * a small file cannot fill the memory; too little, or broken data, is an error too.
 */
export async function* inflateRaw(source: ByteSource, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const where = `${source.name}: record ${quote(entry.name)}`;
  const reader = inflated(source, entry).getReader();
  let total = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw new CheckpointError(where, "deflated data", reason(error), { cause: error });
      });
      if (done) break;
      total += value.length;
      if (total > entry.size) throw new CheckpointError(where, `${entry.size} bytes when inflated`, "more");
      yield value;
    }
    if (total !== entry.size) throw new CheckpointError(where, `${entry.size} bytes when inflated`, `${total}`);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
