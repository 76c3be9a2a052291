const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 of a part of a PNG file (PNG specification, annex D). An unsigned 32-bit integer. */
export function pngCrc32(bytes: Uint8Array, begin = 0, end = bytes.length): number {
  let crc = -1;
  for (let i = begin; i < end; i++) crc = (crc >>> 8) ^ TABLE[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}
