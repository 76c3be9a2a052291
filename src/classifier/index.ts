/** Classifiers: trained with our engine on a labelled set, as features and class accuracy of own domains. Runs in Node. */
export { largestOfRows, wilsonInterval } from "../evaluate/index.ts";
export { type ClassAccuracy, classAccuracy } from "./accuracy.ts";
export { classifierTrainingSchema } from "./config.ts";
export { DETAIL_PLACES, DETAIL_WIDTH, detailFeatures, detailInput, SHALLOW_WIDTH } from "./detail.ts";

export { type Classifier, type FeatureSource, openClassifier } from "./extractor.ts";
export { fitDiscriminant } from "./fit-discriminant.ts";
export { readClassifier, writeClassifier } from "./folder.ts";
export { INCEPTION_CLASSES, INCEPTION_FEATURES, inception } from "./inception.ts";
export { type InceptionOptions, openFeatures, openInception } from "./inception-extractor.ts";
export { type InceptionResize, inceptionResizeMatrix, inceptionResizes } from "./inception-resize.ts";

export { drawSurest, type SurePicture, type SurestOptions } from "./surest.ts";
export { trainClassifier } from "./trainer.ts";
