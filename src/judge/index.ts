/** Judges: classifiers trained with our engine on a labelled set, as features and class accuracy of own domains. Runs in Node. */
export { largestOfRows, wilsonInterval } from "../evaluate/index.ts";
export { type AccuracyOptions, type ClassAccuracy, classAccuracy } from "./accuracy.ts";
export { type JudgeTraining, judgeTrainingSchema } from "./config.ts";
export { DETAIL_MULTIPLE, DETAIL_PLACES, DETAIL_WIDTH, detailFeatures, detailInput, SHALLOW_WIDTH } from "./detail.ts";
export type { DiscriminantConfig } from "./discriminant.ts";
export { type Judge, type JudgedBatch, openJudge, type PictureBatch } from "./extractor.ts";
export { type FeatureSource, openFeatures } from "./features.ts";
export { fitDiscriminant } from "./fit-discriminant.ts";
export { type JudgeConfig, type JudgeFolder, readJudge, writeJudge } from "./folder.ts";
export { declareInception, INCEPTION_SIDE, inception, SPATIAL_CHANNELS } from "./inception.ts";
export { type Inception, type InceptionBatch, type InceptionOptions, openInception } from "./inception-extractor.ts";
export { INCEPTION_CLASSES, INCEPTION_FEATURES, type InceptionConv, inceptionLayers } from "./inception-layers.ts";
export { type InceptionResize, inceptionResizeMatrix, inceptionResizes } from "./inception-resize.ts";
export { isDiscriminant, type JudgeNetwork } from "./judge-network.ts";
export { type ClassifierConfig, classify, declareClassifier, pictureInput } from "./network.ts";
export { drawSurest, type SurePicture, type SurestOptions } from "./surest.ts";
export { trainJudge } from "./trainer.ts";
