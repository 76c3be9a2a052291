import { FileError } from "../errors/index.ts";
import { findJsonFault, type JsonFault } from "./scan.ts";

/** A text that is no JSON: where, and what is there. */
export class JsonError extends FileError {
  override readonly name = "JsonError";
  /** Keys and indices that lead to the fault. */
  readonly path: readonly (string | number)[];

  constructor(file: string, path: readonly (string | number)[], expected: string, got: string) {
    super(file, expected, got, { where: path.length === 0 ? undefined : shownPath(path) });
    this.path = path;
  }
}

const LONGEST_PATH = 200;

/**
 * Reads JSON as people and programs write it to files: with a byte-order mark or without (of bytes it names the encoding).
 * @param where named in errors: the file, or what the text is.
 * @throws JsonError naming the key, line and column of what is no JSON; of NaN, Infinity and numbers too large for a double too.
 */
export function parseJson(input: string | Uint8Array, where: string): unknown {
  const text = (typeof input === "string" ? input : decodeText(input, where)).replace(/^\ufeff/, "");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const fault = findJsonFault(text);
    if (fault === undefined) throw new JsonError(where, [], "JSON", (error as Error).message);
    throw errorOf(text, fault, where);
  }
  if (holdsFinite(value)) return value;
  throw errorOf(text, findJsonFault(text)!, where);
}

function errorOf(text: string, { path, at, got, isNotFinite }: JsonFault, where: string): JsonError {
  const before = text.slice(0, at);
  let line = 1;
  for (let end = before.indexOf("\n"); end >= 0; end = before.indexOf("\n", end + 1)) line++;
  const place = `line ${line}, column ${at - before.lastIndexOf("\n")}`;
  return new JsonError(where, path, isNotFinite ? "a finite number" : "JSON", `${got} (${place})`);
}

/** True where no number in a parsed value is infinite: JSON.parse reads 1e999 so. */
function holdsFinite(value: unknown): boolean {
  const waiting = [value];
  while (waiting.length > 0) {
    const one = waiting.pop();
    if (typeof one === "number" && !Number.isFinite(one)) return false;
    if (typeof one === "object" && one !== null) for (const inner of Object.values(one)) waiting.push(inner);
  }
  return true;
}

function shownPath(path: readonly (string | number)[]): string {
  const all = path.slice(0, 64).join(".");
  return path.length > 64 || all.length > LONGEST_PATH ? `${all.slice(0, LONGEST_PATH)}…` : all;
}

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
  if (name.startsWith("utf-32")) throw new FileError(where, "text in UTF-8 or UTF-16", name.toUpperCase());
  try {
    return new TextDecoder(name, { fatal: true }).decode(bytes);
  } catch (error) {
    throw new FileError(where, `text in ${name.toUpperCase()}`, "other bytes", { cause: error });
  }
}
