import { program } from "../engine/index.ts";
import { fileDigest } from "../files/index.ts";
import { type ParamDecl, paramTensors } from "../nn/index.ts";
import type { Runtime, Value, WeightData } from "../runtime/index.ts";
import { type PictureBatch, toPlanes } from "./extractor.ts";
import { declareInception, INCEPTION_SIDE, inception } from "./inception.ts";
import { INCEPTION_FEATURES } from "./inception-layers.ts";
import { type InceptionResize, inceptionResizeMatrix } from "./inception-resize.ts";
import { readInception } from "./inception-weights.ts";

/** Rows of a batch. */
interface InceptionBatch {
  /** [n, 2048]. */
  readonly features: Float32Array;
  /** [n, 2023]. */
  readonly spatial: Float32Array;
  /** [n, 1008], without bias. */
  readonly logits: Float32Array;
}

export interface Inception {
  /** Names network and resizing, which together define the numbers. */
  readonly name: string;
  /** SHA-256 of the checkpoint. */
  readonly hash: string;
  readonly dim: number;
  readonly resize: InceptionResize;
  extract(batch: PictureBatch): Promise<InceptionBatch>;
  close(): Promise<void>;
}

export interface InceptionOptions {
  /** Default `tensorflow-bilinear`, as the original. */
  readonly resize?: InceptionResize;
  /** Divides the network's channels: for tests. */
  readonly narrow?: number;
}

/** Opens the network with a user's checkpoint: the published conversion, or one of the same names and shapes. */
export async function openInception(
  path: string,
  runtime: Runtime,
  { resize = "tensorflow-bilinear", narrow = 1 }: InceptionOptions = {},
): Promise<Inception> {
  const decls: readonly ParamDecl[] = declareInception(narrow);
  const arrays = await readInception(path, narrow);
  const weights = new Map([...arrays].map(([name, data]): [string, WeightData] => [name, { kind: "memory", data }]));
  const outputs = inception(paramTensors(decls), narrow);
  const session = await runtime.open(program("inception", { ...outputs }), { weights });
  const axis = (side: number): Value =>
    runtime.floats(inceptionResizeMatrix(resize, side, INCEPTION_SIDE).data, [INCEPTION_SIDE, side]);
  return {
    name: `inception-2015 (${resize})`,
    hash: await fileDigest(path),
    dim: INCEPTION_FEATURES / narrow,
    resize,
    async extract(batch) {
      const { count, height, width } = batch;
      const planes = toPlanes("inception", batch, (byte) => byte);
      const feeds = {
        image: runtime.floats(planes, [count, 3, height, width]),
        rows: axis(height),
        columns: axis(width),
      };
      const { features, spatial, logits } = await session.run(feeds);
      const valuesOf = (value: Value | undefined): Float32Array => value!.data as Float32Array;
      return { features: valuesOf(features), spatial: valuesOf(spatial), logits: valuesOf(logits) };
    },
    close: () => session.dispose(),
  };
}
