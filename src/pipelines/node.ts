/** The Node entry: everything of the platform-neutral one, and photographs' files. */
export * from "./index.ts";
export { type PhotoTarget, photoFile, regionOf } from "./photo.ts";
