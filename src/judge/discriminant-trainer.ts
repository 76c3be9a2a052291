/** Fits a judge in closed form and writes its folder. */
import { basename, join } from "node:path";
import { batches, type Dataset } from "../data/index.ts";
import { program } from "../engine/index.ts";
import { doubleProducts } from "../evaluate/index.ts";
import { countParams } from "../nn/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { openSplit, type RunResult, type TrainOptions } from "../train/index.ts";
import { classAccuracy } from "./accuracy.ts";
import type { DiscriminantJudgeTraining } from "./config.ts";
import {
  type DiscriminantConfig,
  declareDiscriminant,
  discriminantInput,
  PLACED_WIDTH,
  placedLooks,
} from "./discriminant.ts";
import { openJudge } from "./extractor.ts";
import { fitDiscriminant } from "./fit-discriminant.ts";
import { expectOpenableJudge, type JudgeConfig, writeJudge } from "./folder.ts";
import { groupsOfNames } from "./groups.ts";
import { storedInHalf } from "./half.ts";

/** Fits a judge to the training pictures; `outDir/model` gets its folder, with its accuracy on the held-out ones. */
export async function fitJudge(
  config: DiscriminantJudgeTraining,
  dataDir: string,
  outDir: string,
  { threads, device, log = () => {}, signal }: TrainOptions = {},
): Promise<RunResult> {
  const { train, heldOut } = await openSplit(dataDir, config.data.heldOutShare, config.seed);
  try {
    const labels = train.classes;
    const groups = groupsOfNames(train.groups ?? {}, labels, dataDir);
    const { side, shrinkage, sharpness } = config.model;
    const width = Math.min(config.model.width, PLACED_WIDTH);
    const network: DiscriminantConfig = { kind: "discriminant", side, width, classes: labels.length };
    const runtime = nodeRuntime({ ...(threads !== undefined && { threads }), ...(device !== undefined && { device }) });
    const { sizes } = config.data;
    const judge = { network, labels, groups, sizes, heldOutPictures: heldOut.length, trainedOn: basename(dataDir) };
    expectOpenableJudge({ ...judge, heldOutAccuracy: {} }, "the judge's folder that training would leave");
    log(
      `judge: ${(countParams(declareDiscriminant(network)) / 1e6).toFixed(2)} M parameters, ${train.length} pictures of ${labels.length} classes at ${side} px`,
    );
    const { rows, own } = await looksOf(train, network, runtime, signal);
    log("near looks gathered, fitting");
    const product = await doubleProducts(threads);
    const options = { width, shrinkage, sharpness, product };
    const { projection, bias, head } = await fitDiscriminant(rows, own, labels.length, options);
    const arrays = storedInHalf(
      new Map([
        ["projection.weight", { shape: [width, PLACED_WIDTH], data: projection }],
        ["projection.bias", { shape: [width], data: bias }],
        ["head.weight", { shape: [labels.length, width], data: head }],
      ]),
    );
    const folder = join(outDir, "model");
    const write = (heldOutAccuracy: JudgeConfig["heldOutAccuracy"]): Promise<void> =>
      writeJudge(folder, { ...judge, heldOutAccuracy }, arrays, true);
    await write({});
    const accuracy = await accuracyOf(folder, heldOut, sizes, runtime);
    await write(accuracy);
    const shown = Object.entries(accuracy).map(([size, share]) => `${size} px ${(100 * share).toFixed(1)} %`);
    log(`held-out accuracy ${shown.join(", ")} of ${heldOut.length} pictures`);
    const score = Object.values(accuracy).reduce((a, b) => a + b, 0) / sizes.length;
    return { step: 1, finished: true, best: { step: 1, score } };
  } finally {
    await train.close();
  }
}

const AT_ONCE = 64;

/** Near looks [n, PLACED_WIDTH] of every picture, and its class. */
async function looksOf(
  dataset: Dataset,
  network: DiscriminantConfig,
  runtime: Runtime,
  signal: AbortSignal | undefined,
): Promise<{ rows: Float32Array; own: Int32Array }> {
  const { side } = network;
  const session = await runtime.open(program("looks", { looks: placedLooks(discriminantInput(network)) }));
  try {
    const [parts, own]: [Float32Array[], number[]] = [[], []];
    const all = { size: side, batchSize: AT_ONCE, seed: 0, ordered: true, epochs: 1, keepLast: true };
    for await (const { images, labels, count } of batches(dataset, all)) {
      signal?.throwIfAborted();
      const { looks } = await session.run({ image: runtime.floats(images, [count, 3, side, side]) });
      parts.push(Float32Array.from(looks!.data as Float32Array));
      own.push(...labels);
    }
    const rows = new Float32Array(own.length * PLACED_WIDTH);
    let at = 0;
    for (const part of parts) {
      rows.set(part, at);
      at += part.length;
    }
    return { rows, own: Int32Array.from(own) };
  } finally {
    await session.dispose();
  }
}

async function accuracyOf(
  folder: string,
  heldOut: Dataset,
  sizes: readonly number[],
  runtime: Runtime,
): Promise<Record<string, number>> {
  const judge = await openJudge(folder, runtime);
  try {
    const found: Record<string, number> = {};
    for (const size of sizes) {
      const { accuracy } = await classAccuracy(judge, heldOut, { size });
      found[String(size)] = Number(accuracy.toFixed(4));
    }
    return found;
  } finally {
    await judge.close();
  }
}
