/** Classifiers: trained with our engine on a labelled set, as features and class accuracy of own domains. Runs in Node. */

export { largestOfRows, wilsonInterval } from "../evaluate/index.ts";
export * from "./accuracy.ts";
export { classifierTrainingSchema } from "./config.ts";
export * from "./detail.ts";
export * from "./extractor.ts";
export * from "./fit-discriminant.ts";
export * from "./folder.ts";
export * from "./inception.ts";
export * from "./inception-extractor.ts";
export * from "./inception-resize.ts";
export * from "./surest.ts";
export { trainClassifier } from "./trainer.ts";
