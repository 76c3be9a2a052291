/** How often a judge gives labelled pictures their own class. */
import { type Dataset, orderedBatches } from "../data/index.ts";
import {
  type Interval,
  joinTops,
  knownShares,
  largestOfRows,
  matchClasses,
  type TopClasses,
  topClasses,
  topScores,
  wilsonInterval,
} from "../evaluate/index.ts";
import type { Judge } from "./extractor.ts";

export interface ClassAccuracy {
  readonly pictures: number;
  readonly correct: number;
  /** correct / pictures. */
  readonly accuracy: number;
  /** 95 % interval of the accuracy (Wilson, JASA 22, 1927). */
  readonly interval: readonly [low: number, high: number];
  /** Shares of the likeliest five and of groups, by the metric's name in `flexvar evaluate`; those that the judge can tell. */
  readonly shares: { readonly [metric: string]: { readonly value: number; readonly interval: Interval } };
  readonly classes: readonly {
    readonly label: string;
    readonly pictures: number;
    readonly correct: number;
    /** Another class that its pictures were given most often, and how often; absent where none was. */
    readonly takenFor?: { readonly label: string; readonly pictures: number };
  }[];
}

export interface AccuracyOptions {
  /** Side in pixels that pictures are resized to; their own short side by default. */
  readonly size?: number;
}

/** Pictures judged at once. */
const CHUNK = 32;

/**
 * Judges the centre square of every picture. Classes are matched by name; where the data set's names are mere numbers, by
 * number.
 * @throws Error naming a class that the judge does not know; CorruptImageError naming a picture that cannot be read
 */
export async function classAccuracy(
  judge: Judge,
  dataset: Dataset,
  options: AccuracyOptions = {},
): Promise<ClassAccuracy> {
  const K = judge.labels.length;
  const classOf = matchClasses(dataset.classes, judge.labels);
  const size = options.size ?? (await shortSide(dataset));
  const confusion = new Uint32Array(K * K);
  const [tops, own]: [TopClasses[], number[]] = [[], []];
  const refuse = (error: Error): never => {
    throw error;
  };
  for await (const { images, labels, count } of orderedBatches(dataset, size, CHUNK, { onCorrupt: refuse })) {
    const { logits } = await judge.extractPlanes(images, count, size, size);
    tops.push(topClasses(logits, count, judge.groups));
    own.push(...labels.subarray(0, count));
    largestOfRows(logits, count).forEach((given, i) => {
      confusion[classOf[labels[i]!]! * K + given]!++;
    });
  }
  const classes = judge.labels.map((label, at) => {
    const row = confusion.subarray(at * K, (at + 1) * K);
    const others = row.map((n, given) => (given === at ? 0 : n));
    const most = others.reduce((best, n, given) => (n > others[best]! ? given : best), 0);
    const taken = others[most]!;
    return {
      label,
      pictures: row.reduce((a, b) => a + b, 0),
      correct: row[at]!,
      ...(taken > 0 ? { takenFor: { label: judge.labels[most]!, pictures: taken } } : {}),
    };
  });
  const side = { classes: dataset.classes, labelOf: (i: number) => own[i]!, given: Int32Array.from(own) };
  const shares = knownShares(topScores({ ...side, top: joinTops(tops) }, judge));
  const pictures = classes.reduce((n, c) => n + c.pictures, 0);
  const correct = classes.reduce((n, c) => n + c.correct, 0);
  const interval = wilsonInterval(correct, pictures);
  return { pictures, correct, accuracy: correct / pictures, interval, shares, classes };
}

async function shortSide(dataset: Dataset): Promise<number> {
  const { image } = await dataset.get(0);
  return Math.min(image.width, image.height);
}
