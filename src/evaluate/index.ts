/** Metrics of sets of pictures, and the files they are read from. Runs in Node. */

export * from "./bootstrap.ts";
export * from "./class-scores.ts";
export * from "./compare.ts";
export * from "./double-products.ts";
export * from "./evaluate.ts";
export * from "./feature-rows.ts";
export * from "./feature-set.ts";
export * from "./features.ts";
export * from "./frechet.ts";
export * from "./inception-score.ts";
export * from "./input.ts";
export * from "./kid.ts";
export * from "./moments.ts";
export * from "./pairs.ts";
export * from "./pixel-metrics.ts";
export * from "./precision-recall.ts";
export * from "./reconstruction.ts";
export * from "./result.ts";
export * from "./sample-store.ts";
export * from "./statistics-file.ts";
