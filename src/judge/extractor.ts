/** A judge as a source of features: pictures to features and class scores. */

import { program } from "../engine/index.ts";
import { areaMatrix, bicubicMatrix, type ResizeMatrix, resizeSeparable } from "../image/index.ts";
import { paramTensors } from "../nn/index.ts";
import type { Runtime, WeightData } from "../runtime/index.ts";
import { readJudge } from "./folder.ts";
import { classify, declareClassifier, featureWidth, pictureInput, sideMultiple } from "./network.ts";

/** Pictures uint8 [n, height, width, 3], row by row. */
export interface PictureBatch {
  readonly data: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

/** Rows of a batch: `features` [n, dim], `logits` [n, classes]. */
export interface JudgedBatch {
  readonly features: Float32Array;
  readonly logits: Float32Array;
}

export interface Judge {
  readonly name: string;
  /** SHA-256 of weights and config. */
  readonly hash: string;
  /** Width of the features. */
  readonly dim: number;
  readonly labels: readonly string[];
  /** Share of held-out pictures named correctly, by side in pixels. */
  readonly heldOutAccuracy: Readonly<Record<string, number>>;
  extract(batch: PictureBatch): Promise<JudgedBatch>;
  /** The same for planes [n, 3, height, width] in [−1, 1]. */
  extractPlanes(planes: Float32Array, count: number, height: number, width: number): Promise<JudgedBatch>;
  close(): Promise<void>;
}

/**
 * Opens a judge's folder. Pictures are judged at their own size; sides that the network does not take are resized to the
 * nearest multiple that it does (area when shrinking, bicubic when enlarging).
 */
export async function openJudge(folder: string, runtime: Runtime): Promise<Judge> {
  const { config, arrays, hash } = await readJudge(folder);
  const { network } = config;
  const weights = new Map([...arrays].map(([name, data]): [string, WeightData] => [name, { kind: "memory", data }]));
  const p = paramTensors(declareClassifier(network));
  const session = await runtime.open(program("judge", classify(p, network, pictureInput(network))), { weights });
  const multiple = sideMultiple(network);
  async function judged(planes: Float32Array, count: number, height: number, width: number): Promise<JudgedBatch> {
    const [h, w] = [nearestMultiple(height, multiple), nearestMultiple(width, multiple)];
    const fits = h === height && w === width;
    const taken = fits ? planes : resizeSeparable(planes, axisMatrix(height, h), axisMatrix(width, w));
    const { features, logits } = await session.run({ image: runtime.floats(taken, [count, 3, h, w]) });
    return { features: features!.data as Float32Array, logits: logits!.data as Float32Array };
  }
  return {
    name: `judge trained on ${config.trainedOn}`,
    hash,
    dim: featureWidth(network),
    labels: config.labels,
    heldOutAccuracy: config.heldOutAccuracy,
    extract: async (batch) => judged(toPlanes(batch), batch.count, batch.height, batch.width),
    extractPlanes: judged,
    close: () => session.dispose(),
  };
}

const nearestMultiple = (side: number, multiple: number): number =>
  Math.max(multiple, Math.round(side / multiple) * multiple);

const axisMatrix = (from: number, to: number): ResizeMatrix =>
  to < from ? areaMatrix(from, to) : bicubicMatrix(from, to);

/** Bytes [n, h, w, 3] to planes [n, 3, h, w] in [−1, 1]. */
function toPlanes({ data, count, height, width }: PictureBatch): Float32Array {
  const pixels = height * width;
  if (data.length !== count * pixels * 3)
    throw new RangeError(
      `judge: expected ${count} pictures of ${width}x${height}x3 bytes, got ${data.length} bytes in all`,
    );
  const planes = new Float32Array(data.length);
  for (let i = 0, at = 0; i < count; i++)
    for (let c = 0; c < 3; c++)
      for (let k = 0; k < pixels; k++) planes[at++] = data[3 * (i * pixels + k) + c]! / 127.5 - 1;
  return planes;
}
