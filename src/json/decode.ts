/** Byte-order marks (RFC 3629, RFC 2781), longest first: UTF-32's begins with UTF-16's. */
const MARKS: readonly (readonly [name: string, mark: readonly number[]])[] = [
  ["utf-32le", [0xff, 0xfe, 0, 0]],
  ["utf-32be", [0, 0, 0xfe, 0xff]],
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/**
 * The text of a file: UTF-8, or the Unicode encoding that its byte-order mark names. The mark is no part of the text.
 * @throws Error `where: …` for bytes that are no text in that encoding
 */
export function decodeText(bytes: Uint8Array, where: string): string {
  const name = MARKS.find(([, mark]) => mark.every((byte, i) => bytes[i] === byte))?.[0] ?? "utf-8";
  if (name.startsWith("utf-32"))
    throw new Error(`${where}: expected text in UTF-8 or UTF-16, got ${name.toUpperCase()}`);
  try {
    return new TextDecoder(name, { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Error(`${where}: expected text in ${name.toUpperCase()}, got other bytes`, { cause: error });
  }
}
