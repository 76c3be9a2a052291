/** A random-weight Inception checkpoint, and pictures to try it on. */
import { type PthWritable, tensorSource, writePth } from "../../src/checkpoint/index.ts";
import { INCEPTION_CLASSES, INCEPTION_FEATURES, inception } from "../../src/classifier/index.ts";
import { sizeOfShape } from "../../src/nn/index.ts";
import { createRandom } from "../../src/sampling/index.ts";

/** Writes a checkpoint under the published names; weights keep activations near 1. `narrow` divides the channels. */
export async function writeRandomInception(path: string, narrow: number, seed: number): Promise<void> {
  const tensors = new Map<string, PthWritable>();
  const put = (name: string, shape: readonly number[], value: (u: number) => number): void => {
    const random = createRandom(seed, name);
    const data = Float32Array.from({ length: sizeOfShape(shape) }, () => value(2 * random.uniform() - 1));
    tensors.set(name, tensorSource("float32", shape, new Uint8Array(data.buffer)));
  };
  for (const { name, inputs, outputs, kernel } of inception(narrow).layers.values()) {
    const bound = Math.sqrt(6 / (inputs * kernel[0] * kernel[1]));
    put(`${name}.conv.weight`, [outputs, inputs, ...kernel], (u) => u * bound);
    put(`${name}.bn.weight`, [outputs], (u) => 1 + 0.3 * u);
    put(`${name}.bn.bias`, [outputs], (u) => 0.3 * u);
    put(`${name}.bn.running_mean`, [outputs], (u) => 0.3 * u);
    put(`${name}.bn.running_var`, [outputs], (u) => 1 + 0.5 * u);
  }
  const width = INCEPTION_FEATURES / narrow;
  put("fc.weight", [INCEPTION_CLASSES, width], (u) => u / Math.sqrt(width));
  put("fc.bias", [INCEPTION_CLASSES], (u) => u);
  await writePth(path, tensors);
}

/** Smooth pictures with noise, uint8 [count, height, width, 3]. */
export function randomPictures(count: number, height: number, width: number, seed: number): Uint8Array {
  const random = createRandom(seed, "pictures");
  return Uint8Array.from({ length: count * height * width * 3 }, (_, i) => {
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / (3 * width)) % height;
    return Math.floor((127 * (x / width + y / height + random.uniform())) / 1.5);
  });
}
