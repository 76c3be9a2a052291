/** How often a classifier gives labelled pictures their own class. */
import { type Dataset, orderedBatches } from "../data/index.ts";
import {
  countGiven,
  type Interval,
  joinTops,
  knownShares,
  matchClasses,
  type TopClasses,
  topClasses,
  topScores,
  wilsonInterval,
} from "../evaluate/index.ts";
import type { Classifier } from "./extractor.ts";

export interface ClassAccuracy {
  readonly pictures: number;
  readonly correct: number;
  /** correct / pictures. */
  readonly accuracy: number;
  /** 95 % interval of the accuracy (Wilson, JASA 22, 1927). */
  readonly interval: readonly [low: number, high: number];
  /** Shares of the likeliest five and of groups, by the metric's name in `flexvar evaluate`; those that the classifier can tell. */
  readonly shares: { readonly [metric: string]: { readonly value: number; readonly interval: Interval } };
  readonly classes: readonly {
    readonly label: string;
    readonly pictures: number;
    readonly correct: number;
    /** Another class that its pictures were given most often, and how often; absent where none was. */
    readonly takenFor?: { readonly label: string; readonly pictures: number };
  }[];
}

/** Pictures classified at once. */
const CHUNK = 32;

/**
 * Classifies the centre square of every picture. Classes are matched by name; where the data set's names are mere numbers, by
 * number. Pictures are resized to a side of `size` pixels, by default to their own short side.
 * @throws Error naming a class that the classifier does not know; CorruptImageError naming a picture that cannot be read
 */
export async function classAccuracy(
  classifier: Classifier,
  dataset: Dataset,
  given: { readonly size?: number } = {},
): Promise<ClassAccuracy> {
  const classOf = matchClasses(dataset.classes, classifier.labels);
  const size = given.size ?? (await shortSide(dataset));
  const [tops, own]: [TopClasses[], number[]] = [[], []];
  const refuse = (error: Error): never => {
    throw error;
  };
  for await (const { images, labels, count } of orderedBatches(dataset, size, CHUNK, { onCorrupt: refuse })) {
    const { logits } = await classifier.extractPlanes(images, count, size, size);
    tops.push(topClasses(logits, count, classifier.groups));
    own.push(...labels.subarray(0, count));
  }
  const top = joinTops(tops)!;
  const { correct, pictures, classes } = countGiven(top, (i) => classOf[own[i]!]!, classifier.labels);
  const side = { classes: dataset.classes, labelOf: (i: number) => own[i]!, top };
  const shares = knownShares(topScores(side, classifier));
  const interval = wilsonInterval(correct, pictures);
  return {
    pictures,
    correct,
    accuracy: correct / pictures,
    interval,
    shares,
    classes: classes.map(({ taken_for, ...counts }) => ({ ...counts, ...(taken_for && { takenFor: taken_for }) })),
  };
}

async function shortSide(dataset: Dataset): Promise<number> {
  const { image } = await dataset.get(0);
  return Math.min(image.width, image.height);
}
