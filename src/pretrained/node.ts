/** The Node face: everything of the platform-neutral one, and model folders on disk. */
export * from "./export.ts";
export * from "./folder.ts";
export * from "./import.ts";
export * from "./index.ts";
export * from "./shipped.ts";
