/** CRC-32 as zip uses it (polynomial 0xEDB88320 reflected; PKZIP APPNOTE 4.4.7). */

function makeTables(): Uint32Array[] {
  const tables = Array.from({ length: 8 }, () => new Uint32Array(256));
  const first = tables[0]!;
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    first[byte] = value;
  }
  for (let k = 1; k < 8; k++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = tables[k - 1]![byte]!;
      tables[k]![byte] = (before >>> 8) ^ first[before & 255]!;
    }
  }
  return tables;
}

const [t0, t1, t2, t3, t4, t5, t6, t7] = makeTables() as [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
];

/** The portable form: eight bytes a step through eight tables. `crc` continues an earlier value. */
export function crc32Portable(bytes: Uint8Array, crc = 0): number {
  let c = ~crc;
  let i = 0;
  for (const end = bytes.length - 7; i < end; i += 8) {
    const low = c ^ (bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    c =
      t7[low & 255]! ^
      t6[(low >>> 8) & 255]! ^
      t5[(low >>> 16) & 255]! ^
      t4[low >>> 24]! ^
      t3[bytes[i + 4]!]! ^
      t2[bytes[i + 5]!]! ^
      t1[bytes[i + 6]!]! ^
      t0[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) c = (c >>> 8) ^ t0[(c ^ bytes[i]!) & 255]!;
  return ~c >>> 0;
}

type Crc32 = (bytes: Uint8Array, crc?: number) => number;

/** Node's compiled form where it exists (Node 20.16 and later), reached without an import that browsers lack. */
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

/** CRC-32 of `bytes`; `crc` continues the value of the bytes before. An unsigned 32-bit integer. */
export const crc32: Crc32 = compiled() ?? crc32Portable;
