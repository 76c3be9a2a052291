/** Parameter declarations and layers. */
export * from "./layers.ts";
export * from "./params.ts";
export * from "./quantize.ts";
