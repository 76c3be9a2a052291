/** JSON text to values: encodings told by their byte-order mark, and errors that say where and what. */
export { decodeText, JsonError, parseJson } from "./parse.ts";
export { isRecord, readAs } from "./schema.ts";
