/** Trains a classifier by steps, as a trainee of the loop that tokenizer and transformer have. */

import { join } from "node:path";
import { orderedBatches, type StreamPosition } from "../data/index.ts";
import { program } from "../engine/index.ts";
import { ExpectedError } from "../errors/index.ts";
import { largestOfRows } from "../evaluate/index.ts";
import { countParams, paramTensors } from "../nn/index.ts";
import type { Session } from "../runtime/index.ts";
import { createRandom, type Random, type RandomState, restoreRandom } from "../sampling/index.ts";
import {
  arrayFeeds,
  type BatchStream,
  batchStream,
  type EvaluationReport,
  freshStart,
  type Json,
  openStore,
  optimizerStep,
  type RunResult,
  runExperiment,
  type SavedTrainee,
  type Setup,
  type StateStore,
  type StepReport,
  slotsOf,
  stepOptionsOf,
  stepProgram,
  type TrainOptions,
  type TrainState,
  traineeOf,
} from "../train/index.ts";
import type { ClassifierTraining, NetworkClassifierTraining } from "./config.ts";
import { fitClassifier } from "./discriminant-trainer.ts";
import { type ClassifierConfig, writeClassifier } from "./folder.ts";
import { softBatch, softCrossEntropy } from "./mix.ts";
import { networkOf, sideMultiple } from "./network.ts";
import { describeAccuracy, meanAccuracy, storedInHalf, untrainedClassifier } from "./training.ts";

/** Trains or resumes a classifier, or fits one in closed form; `outDir/model` gets its folder, of one that is trained at every evaluation. */
export async function trainClassifier(
  config: ClassifierTraining,
  dataDir: string,
  outDir: string,
  options: TrainOptions = {},
): Promise<RunResult> {
  if (config.kind === "discriminant-judge") return fitClassifier(config, dataDir, outDir, options);
  return runExperiment(config, dataDir, outDir, options, async (setup) =>
    traineeOf(await openRun(setup), { step, evaluate, save, load, dispose }),
  );
}

/** A classifier's run: what is opened once, and what every step changes. */
interface ClassifierRun extends Setup<NetworkClassifierTraining> {
  readonly classifier: ClassifierConfig;
  readonly training: Session;
  readonly classifying: Session;
  readonly store: StateStore;
  /** A stream of batches for each side in pixels; all go on from `position`. */
  readonly streams: ReadonlyMap<number, BatchStream>;
  position: StreamPosition;
  random: Random;
}

async function openRun(setup: Setup<NetworkClassifierTraining>): Promise<ClassifierRun> {
  const { config, data, dataDir, runtime, log } = setup;
  const { sizes, batchSize, augment } = config.data;
  const network = { ...config.model, classes: data.train.classes.length };
  for (const size of sizes)
    if (size % sideMultiple(network) !== 0)
      throw new ExpectedError(`data.sizes: expected multiples of ${sideMultiple(network)}, got ${size}`);
  const classifier = untrainedClassifier(network, sizes, data, dataDir);
  const { decls, graph } = networkOf(network);
  const p = paramTensors(decls);
  const outputs = graph(p);
  const options = stepOptionsOf(config.optimizer);
  const store = openStore(runtime, decls, slotsOf(options), freshStart(decls, config.seed));
  const step = stepProgram("train_judge", decls, p, softCrossEntropy(outputs.logits), {}, options);
  const stream = (size: number): BatchStream =>
    batchStream(data.train, { size, batchSize, seed: config.seed, augment }, log);
  const run: ClassifierRun = {
    ...setup,
    classifier,
    training: await runtime.open(step, { keepOnDevice: store.onDevice, staysAwake: true }),
    classifying: await runtime.open(program("judge", outputs)),
    store,
    streams: new Map(sizes.map((size) => [size, stream(size)])),
    position: { epoch: 0, taken: 0 },
    random: createRandom(config.seed, "train"),
  };
  log(
    `judge: ${(countParams(decls) / 1e6).toFixed(2)} M parameters, ${classifier.labels.length} classes, pictures of ${sizes.join(", ")} px, ${runtime.description}`,
  );
  return run;
}

async function step(run: ClassifierRun, number: number): Promise<StepReport> {
  const { config, classifier, runtime, random } = run;
  const { sizes } = config.data;
  const size = sizes[Math.min(sizes.length - 1, Math.floor(random.uniform() * sizes.length))]!;
  const stream = run.streams.get(size)!;
  if (stream.position !== run.position) stream.seek(run.position);
  const batch = await stream.next();
  run.position = stream.position;
  const { images, targets } = softBatch(batch, classifier.labels.length, config.regularisation, random);
  const feeds = {
    image: runtime.floats(images, [batch.count, 3, size, size]),
    targets: runtime.floats(targets, [batch.count, classifier.labels.length]),
  };
  const done = await optimizerStep(runtime, run.training, [run.store], config.optimizer, number, feeds);
  const { loss, gradNorm, lr } = done;
  return { loss, gradNorm, lr, images: batch.count, parts: {} };
}

/** Pictures classified at once. */
const CHUNK = 64;

async function evaluate(run: ClassifierRun): Promise<EvaluationReport> {
  const { config, data, runtime, classifier, classifying } = run;
  const { sizes } = config.data;
  const arrays = storedInHalf(await run.store.values());
  const weights = arrayFeeds(runtime, arrays);
  const accuracy: Record<string, number> = {};
  let pictures = 0;
  for (const size of new Set([Math.min(...sizes), Math.max(...sizes)])) {
    let correct = 0;
    pictures = 0;
    for await (const { images, labels, count } of orderedBatches(data.heldOut, size, CHUNK)) {
      const image = runtime.floats(images, [count, 3, size, size]);
      const { logits } = await classifying.run({ ...weights, image }, { logits: null });
      const chosen = largestOfRows(logits!.data as Float32Array, count);
      for (let i = 0; i < count; i++) if (chosen[i] === labels[i]) correct++;
      pictures += count;
      if (pictures >= config.run.evaluatePictures) break;
    }
    accuracy[String(size)] = Number((correct / pictures).toFixed(4));
  }
  const saved = { ...classifier, heldOutAccuracy: accuracy, heldOutPictures: pictures };
  await writeClassifier(join(run.outDir, "model"), saved, arrays, true);
  return {
    score: meanAccuracy(accuracy),
    metrics: { accuracy, pictures },
    summary: describeAccuracy(accuracy, pictures),
  };
}

interface ClassifierJson {
  readonly random: RandomState;
  readonly position: StreamPosition;
}

async function save({ random, position, store }: ClassifierRun): Promise<SavedTrainee> {
  const json: ClassifierJson = { random: random.save(), position };
  return { json: json as unknown as Record<string, Json>, arrays: await store.save() };
}

function load(run: ClassifierRun, { arrays, json }: TrainState): void {
  run.store.load(arrays);
  const own = json as unknown as ClassifierJson;
  run.random = restoreRandom(own.random);
  run.position = own.position;
}

async function dispose({ training, classifying, store }: ClassifierRun): Promise<void> {
  await Promise.all([training, classifying, store].map((open) => open.dispose()));
}
