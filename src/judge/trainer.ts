import { basename, join } from "node:path";
import { type Batch, batches, type Dataset } from "../data/index.ts";
import { type Program, program } from "../engine/index.ts";
import { type ClassGroup, largestOfRows } from "../evaluate/index.ts";
import { countParams, type ParamDecl, type Params, paramTensors } from "../nn/index.ts";
import type { Runtime, Session, Value } from "../runtime/index.ts";
import { createRandom, type Random, type RandomState, restoreRandom } from "../sampling/index.ts";
import {
  adamWScalarValues,
  type BatchStream,
  batchStream,
  createSlots,
  type DisposableTrainee,
  type EvaluationReport,
  emaDecayAt,
  freshStart,
  type Json,
  learningRate,
  type RunResult,
  runExperiment,
  type SplitData,
  type StepOptions,
  type StepReport,
  slotsOf,
  stepProgram,
  type TrainOptions,
  type TrainState,
} from "../train/index.ts";
import type { JudgeTraining, NetworkJudgeTraining } from "./config.ts";
import { fitJudge } from "./discriminant-trainer.ts";
import { expectOpenableJudge, writeJudge } from "./folder.ts";
import { groupsOfNames } from "./groups.ts";
import { storedInHalf } from "./half.ts";
import { softBatch, softCrossEntropy } from "./mix.ts";
import { type ClassifierConfig, classify, declareClassifier, pictureInput, sideMultiple } from "./network.ts";

/** Trains or resumes a judge, or fits one in closed form; `outDir/model` gets its folder, of one that is trained at every evaluation. */
export async function trainJudge(
  config: JudgeTraining,
  dataDir: string,
  outDir: string,
  options: TrainOptions = {},
): Promise<RunResult> {
  if (config.kind === "discriminant-judge") return fitJudge(config, dataDir, outDir, options);
  return runExperiment(config, dataDir, outDir, options, async (data, runtime, log) => {
    const groups = groupsOfNames(data.train.groups ?? {}, data.train.classes, dataDir);
    return judgeTrainee(config, data, groups, runtime, join(outDir, "model"), basename(dataDir), log);
  });
}

interface JudgeJson {
  readonly random: RandomState;
  readonly position: { readonly epoch: number; readonly taken: number };
}

async function judgeTrainee(
  config: NetworkJudgeTraining,
  data: SplitData,
  groups: readonly ClassGroup[],
  runtime: Runtime,
  folder: string,
  trainedOn: string,
  log: (line: string) => void,
): Promise<DisposableTrainee> {
  const { optimizer, regularisation } = config;
  const { sizes, batchSize, augment } = config.data;
  const labels = data.train.classes;
  const network: ClassifierConfig = { ...config.model, classes: labels.length };
  for (const size of sizes)
    if (size % sideMultiple(network) !== 0)
      throw new Error(`data.sizes: expected multiples of ${sideMultiple(network)}, got ${size}`);
  const judge = { network, labels, groups, sizes, heldOutAccuracy: {}, heldOutPictures: 0, trainedOn };
  expectOpenableJudge(judge, "the judge's folder that training would leave");
  const decls = declareClassifier(network);
  const p = paramTensors(decls);
  const stepOptions = { adamW: optimizer, clip: optimizer.clip, ema: optimizer.emaDecay > 0 };
  const session = await runtime.open(judgeStep(p, network, decls, stepOptions));
  const judging = await runtime.open(program("judge", classify(p, network, pictureInput(network))));
  const slots = createSlots(runtime, decls, slotsOf(stepOptions), freshStart(decls, config.seed));
  let random: Random = createRandom(config.seed, "train");
  const streams = new Map<number, BatchStream>(
    sizes.map((size) => [size, batchStream(data.train, { size, batchSize, seed: config.seed, augment }, log)]),
  );
  let position = { epoch: 0, taken: 0 };
  async function nextBatch(size: number): Promise<Batch> {
    const stream = streams.get(size)!;
    if (stream.position !== position) stream.seek(position);
    const batch = await stream.next();
    position = stream.position;
    return batch;
  }
  const scalar = (value: number): Value => runtime.floats(Float32Array.of(value), []);
  log(
    `judge: ${(countParams(decls) / 1e6).toFixed(2)} M parameters, ${labels.length} classes, pictures of ${sizes.join(", ")} px, ${runtime.description}`,
  );

  async function step(number: number): Promise<StepReport> {
    const size = sizes[Math.min(sizes.length - 1, Math.floor(random.uniform() * sizes.length))]!;
    const batch = await nextBatch(size);
    const { images, targets } = softBatch(batch, labels.length, regularisation, random);
    const lr = learningRate(number, optimizer);
    const adam = adamWScalarValues(number, lr, optimizer);
    const result = await session.run(
      {
        ...slots.feeds(),
        image: runtime.floats(images, [batch.count, 3, size, size]),
        targets: runtime.floats(targets, [batch.count, labels.length]),
        lr: scalar(adam.lr),
        correction1: scalar(adam.correction1),
        correction2: scalar(adam.correction2),
        ...(stepOptions.ema ? { emaDecay: scalar(emaDecayAt(number, optimizer.emaDecay)) } : {}),
      },
      { ...slots.fetches(), loss: null, gradNorm: null },
    );
    const numberOf = (name: "loss" | "gradNorm"): number => (result[name]!.data as Float32Array)[0]!;
    const [loss, gradNorm] = [numberOf("loss"), numberOf("gradNorm")];
    if (Number.isFinite(loss) && Number.isFinite(gradNorm)) slots.advance();
    return { loss, gradNorm, lr, images: batch.count, parts: {} };
  }

  async function evaluate(): Promise<EvaluationReport> {
    const arrays = storedInHalf(slots.values(stepOptions.ema ? "ema" : "param"));
    const weights = Object.fromEntries(
      [...arrays].map(([name, { data: values, shape }]) => [name, runtime.floats(values, shape)]),
    );
    const accuracy: Record<string, number> = {};
    let pictures = 0;
    for (const size of new Set([Math.min(...sizes), Math.max(...sizes)])) {
      const seen = await accuracyAt(runtime, judging, weights, data.heldOut, size, config.run.evaluatePictures);
      accuracy[String(size)] = Number((seen.correct / seen.pictures).toFixed(4));
      pictures = seen.pictures;
    }
    await writeJudge(folder, { ...judge, heldOutAccuracy: accuracy, heldOutPictures: pictures }, arrays, true);
    const shown = Object.entries(accuracy).map(([size, share]) => `${size} px ${(100 * share).toFixed(1)} %`);
    const values = Object.values(accuracy);
    return {
      score: values.reduce((a, b) => a + b, 0) / values.length,
      metrics: { accuracy, pictures },
      summary: `held-out accuracy ${shown.join(", ")} of ${pictures} pictures`,
    };
  }

  return {
    step,
    evaluate,
    save() {
      const json: JudgeJson = { random: random.save(), position };
      return { json: json as unknown as Record<string, Json>, arrays: slots.save() };
    },
    load({ arrays, json }: TrainState) {
      slots.load(arrays);
      const own = json as unknown as JudgeJson;
      random = restoreRandom(own.random);
      position = own.position;
    },
    async dispose() {
      await Promise.all([session.dispose(), judging.dispose()]);
    },
  };
}

function judgeStep(p: Params, network: ClassifierConfig, decls: readonly ParamDecl[], options: StepOptions): Program {
  const loss = softCrossEntropy(classify(p, network, pictureInput(network)).logits);
  return stepProgram("train_judge", decls, p, loss, {}, options);
}

/** Pictures judged at once. */
const CHUNK = 64;

async function accuracyAt(
  runtime: Runtime,
  session: Session,
  weights: Readonly<Record<string, Value>>,
  dataset: Dataset,
  size: number,
  most: number,
): Promise<{ correct: number; pictures: number }> {
  let [correct, pictures] = [0, 0];
  const all = { size, batchSize: CHUNK, seed: 0, ordered: true, epochs: 1, keepLast: true };
  for await (const { images, labels, count } of batches(dataset, all)) {
    const image = runtime.floats(images, [count, 3, size, size]);
    const { logits } = await session.run({ ...weights, image }, { logits: null });
    const chosen = largestOfRows(logits!.data as Float32Array, count);
    for (let i = 0; i < count; i++) if (chosen[i] === labels[i]) correct++;
    pictures += count;
    if (pictures >= most) break;
  }
  return { correct, pictures };
}
