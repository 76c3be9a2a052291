/** A classifier as a source of features: pictures to features and class scores. */
import { program } from "../engine/index.ts";
import type { DetailRows, FeatureExtractor, FeatureRows, PictureBytes } from "../evaluate/index.ts";
import { axisMatrix, resizeSeparable } from "../image/index.ts";
import { paramTensors } from "../nn/index.ts";
import type { Runtime, Value, Weights } from "../runtime/index.ts";
import { DETAIL_MULTIPLE, DETAIL_PLACES, DETAIL_WIDTH, detailFeatures, detailInput } from "./detail.ts";
import { readClassifier } from "./folder.ts";
import { nearestMultiple, networkOf } from "./network.ts";

/** A network that metrics are computed on, with its session. */
export interface FeatureSource extends FeatureExtractor {
  close(): Promise<void>;
}

/** Rows of a batch: `features` [n, dim], `logits` [n, classes]. */
type ClassifiedBatch = Required<Pick<FeatureRows, "features" | "logits">>;

/** Its `hash` is that of weights and config. */
export interface Classifier extends FeatureSource {
  readonly labels: readonly string[];
  /** Share of held-out pictures named correctly, by side in pixels. */
  readonly heldOutAccuracy: Readonly<Record<string, number>>;
  extract(batch: PictureBytes): Promise<ClassifiedBatch & { readonly details: DetailRows }>;
  /** The same without near looks, for planes [n, 3, height, width] in [−1, 1]. */
  extractPlanes(planes: Float32Array, count: number, height: number, width: number): Promise<ClassifiedBatch>;
}

/** Weights of a session. */
export const inMemory = (arrays: ReadonlyMap<string, Float32Array>): Weights =>
  new Map([...arrays].map(([name, data]) => [name, { kind: "memory", data }]));

/**
 * Opens a classifier's folder. Pictures are classified at their own size; sides that the network does not take are resized to the
 * nearest multiple that it does (area when shrinking, bicubic when enlarging).
 */
export async function openClassifier(folder: string, runtime: Runtime): Promise<Classifier> {
  const { config, arrays, hash } = await readClassifier(folder);
  const { decls, width, takenSide, graph } = networkOf(config.network);
  const session = await runtime.open(program("judge", graph(paramTensors(decls))), { weights: inMemory(arrays) });
  const near = await runtime.open(program("details", detailFeatures(detailInput())));
  async function classified(planes: Planes): Promise<ClassifiedBatch> {
    const { features, logits } = await session.run({ image: fitting(runtime, planes, takenSide) });
    return { features: features!.data as Float32Array, logits: logits!.data as Float32Array };
  }
  async function detailed(planes: Planes): Promise<DetailRows> {
    const image = fitting(runtime, planes, (side) => nearestMultiple(side, DETAIL_MULTIPLE));
    const found = await near.run({ image });
    const rows = (name: "fine" | "coarse" | "shallow"): Float32Array => found[name]!.data as Float32Array;
    const placed = (scale: "fine" | "coarse") =>
      ({ data: rows(scale), places: DETAIL_PLACES[scale] ** 2, width: DETAIL_WIDTH }) as const;
    return { shallow: rows("shallow"), fine: placed("fine"), coarse: placed("coarse") };
  }
  return {
    name: `judge trained on ${config.trainedOn}`,
    hash,
    dim: width,
    labels: config.labels,
    groups: config.groups,
    heldOutAccuracy: config.heldOutAccuracy,
    extract: async (batch) => {
      const planes = { ...batch, data: toPlanes("judge", batch, (byte) => byte / 127.5 - 1) };
      return { ...(await classified(planes)), details: await detailed(planes) };
    },
    extractPlanes: (data, count, height, width) => classified({ data, count, height, width }),
    close: async () => {
      await Promise.all([session.dispose(), near.dispose()]);
    },
  };
}

/** Planes [n, 3, height, width] in [−1, 1]. */
interface Planes {
  readonly data: Float32Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

/** Pictures at the sides that a network takes. */
function fitting(runtime: Runtime, { data, count, height, width }: Planes, taken: (side: number) => number): Value {
  const [h, w] = [taken(height), taken(width)];
  const fits = h === height && w === width;
  const values = fits ? data : resizeSeparable(data, axisMatrix(height, h), axisMatrix(width, w));
  return runtime.floats(values, [count, 3, h, w]);
}

/** Bytes [n, h, w, 3] to planes [n, 3, h, w] of `numberOf` each byte. @throws RangeError naming the network */
export function toPlanes(
  network: string,
  { data, count, height, width }: PictureBytes,
  numberOf: (byte: number) => number,
): Float32Array {
  const pixels = height * width;
  if (data.length !== count * pixels * 3)
    throw new RangeError(
      `${network}: expected ${count} pictures of ${width}x${height}x3 bytes, got ${data.length} bytes in all`,
    );
  const planes = new Float32Array(data.length);
  for (let i = 0, at = 0; i < count; i++)
    for (let c = 0; c < 3; c++)
      for (let k = 0; k < pixels; k++) planes[at++] = numberOf(data[3 * (i * pixels + k) + c]!);
  return planes;
}
