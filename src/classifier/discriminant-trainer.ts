/** Fits a classifier in closed form and writes its folder. */
import { join } from "node:path";
import { type Dataset, orderedBatches } from "../data/index.ts";
import { openRuntime } from "../devices/node.ts";
import { program } from "../engine/index.ts";
import { doubleProducts } from "../evaluate/index.ts";
import { concatArrays } from "../files/index.ts";
import { countParams } from "../nn/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { openSplit, type RunResult, type TrainOptions } from "../train/index.ts";
import { classAccuracy } from "./accuracy.ts";
import type { DiscriminantClassifierTraining } from "./config.ts";
import { openClassifier } from "./extractor.ts";
import { fitDiscriminant } from "./fit-discriminant.ts";
import { writeClassifier } from "./folder.ts";
import { networkOf, PLACED_WIDTH, placedLooks } from "./network.ts";
import { describeAccuracy, meanAccuracy, storedInHalf, untrainedClassifier } from "./training.ts";

/** Fits a classifier to the training pictures; `outDir/model` gets its folder, with its accuracy on the held-out ones. */
export async function fitClassifier(
  config: DiscriminantClassifierTraining,
  dataDir: string,
  outDir: string,
  { threads, device, log = () => {}, signal }: TrainOptions = {},
): Promise<RunResult> {
  const data = await openSplit(dataDir, config.data.heldOutShare, config.seed);
  const { train, heldOut } = data;
  try {
    const { side, shrinkage, sharpness } = config.model;
    const width = Math.min(config.model.width, PLACED_WIDTH);
    const classes = train.classes.length;
    const network = { kind: "discriminant", side, width, classes } as const;
    const runtime = await openRuntime({ threads, device, onMessage: log });
    const classifier = untrainedClassifier(network, config.data.sizes, data, dataDir);
    log(
      `judge: ${(countParams(networkOf(network).decls) / 1e6).toFixed(2)} M parameters, ${train.length} pictures of ${classes} classes at ${side} px`,
    );
    const { rows, own } = await looksOf(train, side, runtime, signal);
    log("near looks gathered, fitting");
    const product = await doubleProducts(threads);
    const fit = await fitDiscriminant(rows, own, classes, { width, shrinkage, sharpness, product });
    const arrays = storedInHalf(
      new Map([
        ["projection.weight", { shape: [width, PLACED_WIDTH], data: fit.projection }],
        ["projection.bias", { shape: [width], data: fit.bias }],
        ["head.weight", { shape: [classes, width], data: fit.head }],
      ]),
    );
    const folder = join(outDir, "model");
    await writeClassifier(folder, classifier, arrays, true);
    const accuracy: Record<string, number> = {};
    const opened = await openClassifier(folder, runtime);
    try {
      for (const size of classifier.sizes)
        accuracy[String(size)] = Number((await classAccuracy(opened, heldOut, { size })).accuracy.toFixed(4));
    } finally {
      await opened.close();
    }
    await writeClassifier(folder, { ...classifier, heldOutAccuracy: accuracy }, arrays, true);
    log(describeAccuracy(accuracy, heldOut.length));
    return { step: 1, finished: true, best: { step: 1, score: meanAccuracy(accuracy) } };
  } finally {
    await train.close();
  }
}

const AT_ONCE = 64;

/** Near looks [n, PLACED_WIDTH] of every picture, and its class. */
async function looksOf(
  dataset: Dataset,
  side: number,
  runtime: Runtime,
  signal: AbortSignal | undefined,
): Promise<{ rows: Float32Array; own: Int32Array }> {
  const session = await runtime.open(program("looks", { looks: placedLooks(side) }));
  try {
    const [parts, own]: [Float32Array[], number[]] = [[], []];
    for await (const { images, labels, count } of orderedBatches(dataset, side, AT_ONCE)) {
      signal?.throwIfAborted();
      const { looks } = await session.run({ image: runtime.floats(images, [count, 3, side, side]) });
      parts.push(Float32Array.from(looks!.data as Float32Array));
      own.push(...labels);
    }
    return { rows: concatArrays(Float32Array, parts), own: Int32Array.from(own) };
  } finally {
    await session.dispose();
  }
}
