import { CheckpointError } from "./error.ts";

/** Python integers in checkpoints are counts and seeds; 256 bytes are far more than any needs. */
const mostIntegerBytes = 256;

/** Reads a pickle's bytes forwards, never past the end. */
export function pickleCursor(pickle: Uint8Array, where: string) {
  const data = new DataView(pickle.buffer, pickle.byteOffset, pickle.byteLength);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let at = 0;
  const take = (length: number): number => {
    if (at + length > pickle.length) {
      throw new CheckpointError(where, `${length} more bytes at ${at}`, `${pickle.length - at} (truncated pickle?)`);
    }
    at += length;
    return at - length;
  };
  const decode = (bytes: Uint8Array): string => {
    try {
      return decoder.decode(bytes);
    } catch (error) {
      throw new CheckpointError(where, `UTF-8 text before byte ${at}`, "other bytes", { cause: error });
    }
  };
  const bytes = (length: number): Uint8Array => {
    const start = take(length);
    return pickle.subarray(start, start + length);
  };
  return {
    get position() {
      return at;
    },
    u8: () => data.getUint8(take(1)),
    u16: () => data.getUint16(take(2), true),
    i32: () => data.getInt32(take(4), true),
    u32: () => data.getUint32(take(4), true),
    /** A 64-bit length; larger than the pickle is an error. */
    length64(): number {
      const value = data.getBigUint64(take(8), true);
      if (value > BigInt(pickle.length)) {
        throw new CheckpointError(where, `a length below the pickle's ${pickle.length} bytes`, String(value));
      }
      return Number(value);
    },
    /** Big-endian, as pickle writes floats. */
    float64: () => data.getFloat64(take(8), false),
    /** A view of the next bytes. */
    bytes,
    /** UTF-8 text of that many bytes. */
    text: (length: number) => decode(bytes(length)),
    /** Text up to a newline, which is passed over. */
    line(mostBytes: number): string {
      const end = pickle.subarray(at, at + mostBytes).indexOf(10);
      if (end < 0) throw new CheckpointError(where, `a line of at most ${mostBytes} bytes at ${at}`, "a longer one");
      const text = decode(bytes(end));
      take(1);
      return text;
    },
    /** A little-endian two's-complement integer of that many bytes. */
    integer(length: number): number | bigint {
      if (length > mostIntegerBytes) {
        throw new CheckpointError(where, `integers of at most ${mostIntegerBytes} bytes`, `${length} bytes`);
      }
      let value = 0n;
      const digits = bytes(length);
      for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(digits[i]!);
      const signed = BigInt.asIntN(8 * length, value);
      const small = Number(signed);
      return Number.isSafeInteger(small) ? small : signed;
    },
  };
}

export type PickleCursor = ReturnType<typeof pickleCursor>;
