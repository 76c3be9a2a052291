/** JSON text to values: encodings told by their byte-order mark, and errors that say where and what. */
export { decodeText } from "./decode.ts";
export { JsonError, parseJson } from "./parse.ts";
