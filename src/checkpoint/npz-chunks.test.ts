import { expect, test } from "vitest";
import { heldBytes } from "../../test/support/held-bytes.ts";
import { deflatedZip } from "../../test/support/hostile-checkpoints.ts";
import { encodeNpyHeader, openNpz } from "./index.ts";
import { bytesSource } from "./source.ts";

/** A deflated array whose every row of 1000 bytes has one value. */
function deflated(rows: number, wrong = 0) {
  const header = encodeNpyHeader("uint8", [rows, 1000]);
  const whole = new Uint8Array(header.length + rows * 1000);
  whole.set(header);
  for (let i = 0; i < rows; i++) whole.fill(i % 251, header.length + i * 1000, header.length + (i + 1) * 1000);
  const bytes = deflatedZip("images.npy", whole, whole.length);
  // The directory's CRC-32 stands 16 bytes into its record, 22 + 46 + 10 bytes before the end.
  bytes[bytes.length - 22 - 46 - 10 + 16]! ^= wrong;
  return bytesSource(bytes, "packed.npz");
}

test("a deflated array of 50 MB passes through little memory, and its header is read without it", async () => {
  const rows = 50_000;
  const file = await openNpz(deflated(rows));
  const images = file.arrays.get("images")!;
  const before = heldBytes();
  expect((await images.header()).shape).toEqual([rows, 1000]);
  let [most, at, seen] = [heldBytes() - before, 0, 0];
  for await (const chunk of images.chunks()) {
    if (chunk[0] !== Math.floor(at / 1000) % 251) throw new Error(`byte ${at} is ${chunk[0]}`);
    at += chunk.length;
    if (seen++ % 200 === 0) most = Math.max(most, heldBytes() - before);
  }
  expect(at).toBe(rows * 1000);
  expect(seen).toBeGreaterThan(200);
  expect(most).toBeLessThan(5e6);
});

test("chunks of a damaged array end with its checksum", async () => {
  const file = await openNpz(deflated(10, 1));
  const drain = async () => {
    for await (const _ of file.arrays.get("images")!.chunks());
  };
  await expect(drain()).rejects.toThrow(/packed\.npz: record "images\.npy": expected CRC-32/);
});
