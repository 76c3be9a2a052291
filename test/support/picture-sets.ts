/** For tests: made pictures, and a network that is quick and known. */
import { writeNpz } from "../../src/checkpoint/index.ts";
import type { FeatureExtractor } from "../../src/evaluate/index.ts";
import { createRandom } from "../../src/sampling/index.ts";

/** Pictures of noise whose brightness follows their class, as `flexvar sample` writes sets. */
export async function writeNoise(
  path: string,
  { count = 40, side = 12, seed = 1, classes = 2, shift = 0 } = {},
): Promise<void> {
  const random = createRandom(seed, "noise");
  async function* pictures(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < count; i++) {
      const base = shift + ((i % classes) * 150) / classes + random.int(20);
      yield Uint8Array.from({ length: side * side * 3 }, () => base + random.int(60));
    }
  }
  const labels = BigInt64Array.from({ length: count }, (_, i) => BigInt(i % classes));
  await writeNpz(path, [
    ["arr_0", { dtype: "uint8", shape: [count, side, side, 3], chunks: pictures() }],
    ["arr_1", { dtype: "int64", shape: [count], data: labels }],
  ]);
}

/** Features: mean and spread of each colour and the first pixel's; two classes, dark and light. */
export function plainExtractor(
  changes: Partial<FeatureExtractor> = {},
): FeatureExtractor & { readonly seen: number[] } {
  const seen: number[] = [];
  return {
    name: "plain",
    hash: "0".repeat(64),
    dim: 7,
    labels: ["dark", "light"],
    seen,
    async extract({ data, count, width, height }) {
      seen.push(count);
      const size = 3 * width * height;
      const features = new Float32Array(7 * count);
      const spatial = new Float32Array(3 * count);
      const logits = new Float32Array(2 * count);
      for (let i = 0; i < count; i++) {
        const own = data.subarray(i * size, (i + 1) * size);
        for (let at = 0; at < size; at++) {
          features[7 * i + (at % 3)]! += own[at]! / (width * height);
          features[7 * i + 3 + (at % 3)]! += own[at]! ** 2 / (255 * width * height);
        }
        features[7 * i + 6] = own[0]!;
        spatial.set([own[3]!, own[4]!, own[5]!], 3 * i);
        logits[2 * i + Number(features[7 * i]! > 75)] = 3;
      }
      return { features, spatial, logits };
    },
    ...changes,
  };
}
