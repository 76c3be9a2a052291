/** What both ways of making a classifier share: the folder it will be, and its accuracy in words. */
import { basename } from "node:path";
import { float16ToFloat32, float32ToFloat16 } from "../checkpoint/index.ts";
import type { NamedArray, SplitData } from "../train/index.ts";
import { type ClassifierConfig, expectOpenableClassifier, groupsOfNames } from "./folder.ts";
import type { NetworkConfig } from "./network.ts";

/** The classifier of a data set before anything is known of its accuracy. @throws Error where its folder could not be opened. */
export function untrainedClassifier(
  network: NetworkConfig,
  sizes: readonly number[],
  { train, heldOut }: SplitData,
  dataDir: string,
): ClassifierConfig {
  const labels = train.classes;
  const groups = groupsOfNames(train.groups ?? {}, labels, dataDir);
  const heldOutPictures = heldOut.length;
  const trainedOn = basename(dataDir);
  const classifier = { network, labels, groups, sizes, heldOutAccuracy: {}, heldOutPictures, trainedOn };
  expectOpenableClassifier(classifier, "the judge's folder that training would leave");
  return classifier;
}

/** Shares of pictures named correctly, by side in pixels. */
type Accuracy = ClassifierConfig["heldOutAccuracy"];

export function describeAccuracy(accuracy: Accuracy, pictures: number): string {
  const shown = Object.entries(accuracy).map(([size, share]) => `${size} px ${(100 * share).toFixed(1)} %`);
  return `held-out accuracy ${shown.join(", ")} of ${pictures} pictures`;
}

/** Mean over sides. */
export function meanAccuracy(accuracy: Accuracy): number {
  const values = Object.values(accuracy);
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** Values as they are once stored in half precision, so that what is measured is what is written. */
export function storedInHalf(arrays: ReadonlyMap<string, NamedArray>): Map<string, NamedArray> {
  return new Map(
    [...arrays].map(([name, { shape, data }]) => [name, { shape, data: float16ToFloat32(float32ToFloat16(data)) }]),
  );
}
