/** Metrics of sets of pictures, and the files they are read from. Runs in Node. */
export type { FeatureExtractor, FeatureRows, PictureBytes } from "./features.ts";
