/** CRC-32 as zip uses it (polynomial 0xEDB88320 reflected; PKZIP APPNOTE 4.4.7), and others of 32 bits. */

/** A checksum; `crc` continues the value of the bytes before. An unsigned 32-bit integer. */
type Crc32 = (bytes: Uint8Array, crc?: number) => number;

/** The CRC-32 of a polynomial (reflected), a byte a step through a table. */
export function crc32Of(polynomial: number): Crc32 {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    return value;
  });
  return (bytes, crc = 0) => {
    let value = ~crc;
    for (let i = 0; i < bytes.length; i++) value = (value >>> 8) ^ table[(value ^ bytes[i]!) & 255]!;
    return ~value >>> 0;
  };
}

/** The portable form. */
export const crc32Portable = crc32Of(0xedb88320);

/** Node's compiled form, reached without an import that browsers lack. */
function compiled(): Crc32 | undefined {
  const zlib = typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:zlib");
  if (typeof zlib?.crc32 !== "function") return undefined;
  const mostPerCall = 1 << 30;
  return (bytes, crc = 0) => {
    let value = crc;
    for (let at = 0; at < bytes.length; at += mostPerCall) {
      value = zlib.crc32(bytes.subarray(at, at + mostPerCall), value);
    }
    return value;
  };
}

/** CRC-32 of `bytes`. */
export const crc32: Crc32 = compiled() ?? crc32Portable;
