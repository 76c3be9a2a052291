/** The Node entry: everything of the platform-neutral one, and the decoding of picture files. */

export { pictureHash } from "./hash.ts";
export * from "./index.ts";
export * from "./load.ts";
