/** Editing pictures without a model: masks, holes, windows, seams. Everything here is arithmetic on arrays, for every platform. */
export * from "./canvas.ts";
export * from "./composite.ts";
export * from "./crop.ts";
export * from "./fill.ts";
export * from "./heat.ts";
export * from "./levels.ts";
export * from "./mask.ts";
export * from "./mask-reading.ts";
export * from "./pool.ts";
export * from "./reduce.ts";
export * from "./regions.ts";
export * from "./seam.ts";
export * from "./view.ts";
export * from "./window.ts";
