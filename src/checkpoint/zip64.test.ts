import { expect, test } from "vitest";
import { memorySink } from "../../test/support/memory-sink.ts";
import { type ByteSink, type ByteSource, bytesSource, zipWriter } from "./index.ts";
import { readEntry, readZip } from "./zip-read.ts";

/** Keeps small writes and forgets large ones, which are all zero here: gigabytes without the memory. */
function sparse(): { sink: ByteSink; source: () => ByteSource } {
  const kept: { at: number; bytes: Uint8Array }[] = [];
  let position = 0;
  const sink: ByteSink = {
    get position() {
      return position;
    },
    async write(bytes) {
      if (bytes.length < 1 << 20) kept.push({ at: position, bytes: bytes.slice() });
      position += bytes.length;
    },
    async patch(at, bytes) {
      kept.push({ at, bytes: bytes.slice() });
    },
  };
  const source = (): ByteSource => ({
    name: "sparse",
    size: position,
    async read(offset, length) {
      const out = new Uint8Array(length);
      for (const { at, bytes } of kept) {
        const from = Math.max(at, offset);
        const to = Math.min(at + bytes.length, offset + length);
        if (from < to) out.set(bytes.subarray(from - at, to - at), from - offset);
      }
      return out;
    },
    async close() {},
  });
  return { sink, source };
}

test("records, offsets and archives beyond 4 GiB use zip64 and come back", async () => {
  const { sink, source } = sparse();
  const zip = zipWriter(sink, "sparse");
  const zeros = new Uint8Array(1 << 26);
  const size = 2 ** 32 + (1 << 26);
  const tail = new TextEncoder().encode("behind four gibibytes");
  await zip.add("large", size, new Array(size / zeros.length).fill(zeros));
  await zip.add("behind", tail.length, [tail]);
  await zip.finish();
  const entries = await readZip(source());
  expect([...entries.values()].map((entry) => entry.size)).toEqual([size, tail.length]);
  expect(entries.get("behind")!.offset).toBeGreaterThan(size);
  expect(entries.get("behind")!.offset % 64).toBe(0);
  expect(await readEntry(source(), entries.get("behind")!, 100)).toEqual(tail);
});

test("more than 65,535 records use zip64 and come back", async () => {
  const sink = memorySink();
  const zip = zipWriter(sink, "many");
  const count = 65_540;
  for (let i = 0; i < count; i++) await zip.add(`r${i}`, 0, [], 1);
  await zip.finish();
  expect((await readZip(bytesSource(sink.bytes()))).size).toBe(count);
});
