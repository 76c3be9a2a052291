import { stat } from "node:fs/promises";
import { program } from "../engine/index.ts";
import type { PictureBytes } from "../evaluate/index.ts";
import { fileDigest } from "../files/index.ts";
import type { Runtime, Value } from "../runtime/index.ts";
import { type FeatureSource, inMemory, openClassifier, toPlanes } from "./extractor.ts";
import { INCEPTION_FEATURES, INCEPTION_SIDE, inception, readInception } from "./inception.ts";
import { type InceptionResize, inceptionResizeMatrix } from "./inception-resize.ts";

export interface InceptionOptions {
  /** Default `tensorflow-bilinear`, as the original. */
  readonly resize?: InceptionResize;
  /** Divides the network's channels: for tests. */
  readonly narrow?: number;
}

/**
 * Opens the network with a user's checkpoint: the published conversion, or one of the same names and shapes. Its name says how
 * pictures are resized too: together they define the numbers; its hash is the checkpoint's. Of n pictures it gives `features`
 * [n, 2048], `spatial` [n, 2023] and `logits` [n, 1008], without bias.
 */
export async function openInception(
  path: string,
  runtime: Runtime,
  { resize = "tensorflow-bilinear", narrow = 1 }: InceptionOptions = {},
) {
  const { outputs, layers } = inception(narrow);
  const weights = inMemory(await readInception(path, layers, narrow));
  const session = await runtime.open(program("inception", outputs), { weights });
  const axis = (side: number): Value =>
    runtime.floats(inceptionResizeMatrix(resize, side, INCEPTION_SIDE).data, [INCEPTION_SIDE, side]);
  return {
    name: `inception-2015 (${resize})`,
    hash: await fileDigest(path),
    dim: INCEPTION_FEATURES / narrow,
    resize,
    async extract(batch: PictureBytes) {
      const { count, height, width } = batch;
      const planes = toPlanes("inception", batch, (byte) => byte);
      const image = runtime.floats(planes, [count, 3, height, width]);
      const found = await session.run({ image, rows: axis(height), columns: axis(width) });
      const rowsOf = (name: keyof typeof outputs): Float32Array => found[name]!.data as Float32Array;
      return { features: rowsOf("features"), spatial: rowsOf("spatial"), logits: rowsOf("logits") };
    },
    close: () => session.dispose(),
  };
}

/** Opens a classifier's folder, or the published PyTorch conversion of Inception-2015 (a `.pth` or safetensors file). */
export async function openFeatures(
  path: string,
  runtime: Runtime,
  options: InceptionOptions = {},
): Promise<FeatureSource> {
  const isFolder = await stat(path).then((info) => info.isDirectory());
  return isFolder ? openClassifier(path, runtime) : openInception(path, runtime, options);
}
