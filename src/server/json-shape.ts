/** The shape of a JSON text, looked at while it arrives: what no request needs is refused before it is kept, let alone parsed. */
import { ApiError } from "./errors.ts";

/** Lists and objects inside each other; a request's deepest field, a list of grids, takes three. */
const MOST_LEVELS = 16;
/** Values of all lists and objects together. */
const MOST_VALUES = 2 ** 14;
/** Bytes of one text, pictures aside. */
export const LONGEST_TEXT = 2 ** 16;

/** Fields whose text may be as long as a body. */
export const PICTURE_FIELDS: ReadonlySet<string> = new Set(["image", "mask"]);

/** Bytes of a field's name that are remembered. */
const LONGEST_NAME = 200;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/**
 * Follows a JSON text piece by piece, in time linear in it.
 * @param field where the text is one field's value: its name.
 * @returns what takes the next piece. @throws ApiError 400, naming the field, where the text nests too deeply or holds too much
 */
export function followJson(field?: string): (piece: Uint8Array) => void {
  const top = field === undefined ? 1 : 0;
  let name = field;
  let level = 0;
  let values = 0;
  let isText = false;
  let isEscaped = false;
  let length = 0;
  let letters: number[] = [];
  const refused = (expected: string): ApiError => {
    const param = name?.slice(0, 80);
    const message = `${param ?? "body"}: expected ${expected}, got more`;
    return new ApiError(400, message, { param, code: param === undefined ? "invalid_body" : "invalid_value" });
  };
  const text = (byte: number): void => {
    if (isEscaped) isEscaped = false;
    else if (byte === BACKSLASH) isEscaped = true;
    else if (byte === QUOTE) {
      isText = false;
      return;
    }
    length++;
    if (level === top && length <= LONGEST_NAME) letters.push(byte);
    if (length > LONGEST_TEXT && !(level <= top + 1 && PICTURE_FIELDS.has(name ?? "")))
      throw refused(`texts of at most ${LONGEST_TEXT} bytes`);
  };
  const mark = (byte: number): void => {
    if (byte === QUOTE) {
      isText = true;
      length = 0;
      letters = [];
    } else if (OPENING.has(byte)) {
      if (++level > MOST_LEVELS) throw refused(`at most ${MOST_LEVELS} lists and objects inside each other`);
      values++;
    } else if (CLOSING.has(byte)) level--;
    else if (byte === COMMA) {
      values++;
      if (level === top) name = field;
    } else if (byte === COLON && level === top && field === undefined) name = nameOf(letters);
    if (values > MOST_VALUES) throw refused(`at most ${MOST_VALUES} values`);
  };
  return (piece) => {
    for (const byte of piece)
      if (isText) text(byte);
      else mark(byte);
  };
}

/** A field's name off the bytes between its quotes; undefined for what is none. */
function nameOf(letters: readonly number[]): string | undefined {
  try {
    return String(JSON.parse(`"${new TextDecoder().decode(Uint8Array.from(letters))}"`));
  } catch {
    return undefined;
  }
}
