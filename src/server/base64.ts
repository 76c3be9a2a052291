/** Base64 of any length (RFC 4648, section 4), decoded in time linear in it and in slices, between which others are answered. */
import { setImmediate as nextTurn } from "node:timers/promises";

/** Characters decoded at a time: a millisecond or two. */
const SLICE = 2 ** 18;

/** What may stand before the data of a picture; looked for in the beginning alone. */
const DATA_URL = /^data:image\/[\w.+-]{1,40};base64,/;
const LONGEST_DATA_URL = 80;

/** The bytes of a picture file in base64, plain or as a data URL; undefined for other texts. */
export function pictureBytes(text: string): Promise<Buffer | undefined> {
  return decodeBase64(text, DATA_URL.exec(text.slice(0, LONGEST_DATA_URL))?.[0].length ?? 0);
}

/** The bytes of base64 text from a place on, white space skipped, padding at the end optional; undefined for other texts and none. */
async function decodeBase64(text: string, from: number): Promise<Buffer | undefined> {
  const bytes = Buffer.allocUnsafe(Math.ceil(((text.length - from) * 3) / 4));
  let length = 0;
  // Fours of characters are three bytes: what is over waits for the next slice.
  let rest = "";
  let padding = 0;
  for (let at = from; at < text.length; at += SLICE) {
    if (at > from) await nextTurn();
    const slice = text.slice(at, at + SLICE).replace(/\s+/g, "");
    const end = slice.indexOf("=");
    const data = end < 0 ? slice : slice.slice(0, end);
    if (/[^A-Za-z0-9+/]/.test(data) || (padding > 0 && data !== "")) return undefined;
    if (end >= 0) {
      padding += slice.length - end;
      if (padding > 2 || /[^=]/.test(slice.slice(end))) return undefined;
    }
    const whole = rest + data;
    const fours = whole.length - (whole.length % 4);
    length += bytes.write(whole.slice(0, fours), length, "base64");
    rest = whole.slice(fours);
  }
  length += bytes.write(rest, length, "base64");
  return length === 0 ? undefined : bytes.subarray(0, length);
}
