/** A typed client of the HTTP API, for every platform with `fetch`, and the API's types. */
export * from "./client.ts";
export type * from "./site.ts";
export * from "./types.ts";
