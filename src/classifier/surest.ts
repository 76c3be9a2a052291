/** Rejection sampling: of many drawings of a class, those that a classifier is surest of. */
import { OptionError } from "../errors/index.ts";
import { matchClasses, sideBySide } from "../evaluate/index.ts";
import type { RgbImage } from "../image/index.ts";
import { type FlexVARPipeline, type GenerateOptions, type PictureInfo, runSteps } from "../pipelines/index.ts";
import type { FeatureSource } from "./extractor.ts";

export interface SurestOptions extends GenerateOptions {
  /** Drawings of each class, of which `count` are kept; at least as many. */
  readonly candidates: number;
  /** Told after every batch. */
  readonly onDrawn?: (drawn: number, total: number) => void;
}

/** A drawing that was kept. */
export interface SurePicture {
  /** Class and number within the class: drawn alone from these it is the same picture. */
  readonly picture: PictureInfo;
  readonly image: RgbImage;
  /** The classifier's probability that it belongs to its class, 0 to 1. */
  readonly probability: number;
}

/**
 * Draws `candidates` pictures of each class and keeps the `count` that the classifier finds likeliest to be of their class, likeliest first, class by class.
 * What is kept is an ordinary picture of the model: only the choice is the classifier's, so numbers of the same classifier over such
 * pictures flatter the model.
 * @throws OptionError for bad options; Error for a class that the classifier does not know.
 */
export async function drawSurest(
  pipe: FlexVARPipeline,
  classifier: Pick<FeatureSource, "labels" | "extract">,
  { candidates, onDrawn, ...options }: SurestOptions,
): Promise<readonly SurePicture[]> {
  const { picks, count } = pipe.resolve(options);
  if (!Number.isSafeInteger(candidates) || candidates < count)
    throw new OptionError("candidates", `at least the ${count} pictures of each class to keep`, candidates);
  const wanted = [...new Set(picks.flatMap(({ ids }) => ids))];
  const names = wanted.map((id) => pipe.labels[id] ?? String(id));
  const columns = new Map(matchClasses(names, classifier.labels ?? []).map((column, i) => [wanted[i]!, column]));
  const kept: SurePicture[][] = picks.map(() => []);
  let drawn = 0;
  // Settings are the caller's to write: no model is named here.
  const run = { task: "generate", options: { ...options, count: candidates }, model: "" } as const;
  for await (const { isLast, pictures } of runSteps(pipe, run, { shown: 0, signal: options.signal })) {
    if (!isLast) continue;
    const { logits } = await classifier.extract(sideBySide(pictures.map(({ image }) => image)));
    if (logits === undefined) throw new Error("judge: expected a network that tells classes apart, got another");
    const classes = logits.length / pictures.length;
    for (const [b, { number, info: picture, image }] of pictures.entries()) {
      const of = Math.floor(number / candidates);
      const probability = softmaxAt(logits.subarray(b * classes, (b + 1) * classes), columns.get(picture.classId)!);
      kept[of] = [...kept[of]!, { picture, image, probability }].sort(surer).slice(0, count);
    }
    drawn += pictures.length;
    onDrawn?.(drawn, picks.length * candidates);
  }
  return kept.flat();
}

const surer = (a: SurePicture, b: SurePicture): number => b.probability - a.probability;

function softmaxAt(logits: Float32Array, column: number): number {
  const most = logits.reduce((a, b) => Math.max(a, b));
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - most), 0);
  return Math.exp(logits[column]! - most) / sum;
}
