/** TensorBoard event files: TFRecords of `Event` messages with scalar summaries. */
import { crc32Of } from "../checkpoint/index.ts";
import { ProtoWriter } from "../engine/index.ts";

const MASK_DELTA = 0xa282ead8;

/** CRC-32C (Castagnoli polynomial, reflected), as RFC 3720 defines it. */
export const crc32c = crc32Of(0x82f63b78);

/** TFRecord's masked checksum: rotated right by 15 bits, plus a constant. */
export function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

/** One TFRecord: length, its checksum, the bytes, their checksum. */
export function tfRecord(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 16);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(out.subarray(0, 8)), true);
  out.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return out;
}

/** The record that opens an event file. */
export const versionEvent = (wallTime: number): Uint8Array =>
  tfRecord(new ProtoWriter().double(1, wallTime).string(3, "brain.Event:2").finish());

/** One step's scalars by tag. `wallTime` in seconds since 1970. */
export function scalarEvent(wallTime: number, step: number, scalars: Readonly<Record<string, number>>): Uint8Array {
  const event = new ProtoWriter().double(1, wallTime).int(2, step);
  event.message(5, (summary) => {
    for (const [tag, value] of Object.entries(scalars)) summary.message(1, (one) => one.string(1, tag).float(2, value));
  });
  return tfRecord(event.finish());
}
