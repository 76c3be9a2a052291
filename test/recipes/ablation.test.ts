import { describe, expect, it } from "vitest";
import { ARMS, openComparison, runArm, SMALL_PLAN } from "../../recipes/ablation/comparison.ts";
import { type Classifier, wilsonInterval } from "../../src/classifier/index.ts";
import type { Dataset } from "../../src/data/index.ts";
import { declareTokenizer, type TokenizerConfig } from "../../src/models/index.ts";
import { initialValues } from "../../src/pretrained/index.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { createRandom } from "../../src/sampling/index.ts";
import type { NamedArray, OpenTokenizer } from "../../src/train/index.ts";

const SIDE = 16;
const config: TokenizerConfig = {
  baseChannels: 8,
  channelMultipliers: [1],
  resBlocks: 1,
  decoderResBlocks: 1,
  attention: false,
  latentChannels: 8,
  codeDim: 4,
  codebookSize: 16,
  normGroups: 2,
  patchSize: 4,
};

/** Plain pictures: class 0 dark, class 1 light. */
const pictures: Dataset = {
  length: 40,
  classes: ["dark", "light"],
  labelOf: (i) => i % 2,
  nameOf: String,
  get: async (i) => ({
    image: { width: SIDE, height: SIDE, data: new Uint8Array(3 * SIDE * SIDE).fill(i % 2 === 0 ? 20 + i : 240 - i) },
    label: i % 2,
    name: String(i),
  }),
  close: async () => {},
};

/** Calls every third picture of a call light, the others dark; the features are the first two pixels. */
const judge: Classifier = {
  name: "thirds",
  hash: "h",
  dim: 2,
  labels: ["dark", "light"],
  heldOutAccuracy: {},
  extract: () => Promise.reject(new Error("not asked for")),
  close: async () => {},
  extractPlanes: async (planes, count) => {
    const size = planes.length / count;
    const first = (i: number, k: number): number => planes[i * size + k]!;
    return {
      features: Float32Array.from({ length: 2 * count }, (_, k) => first(k >> 1, k & 1)),
      logits: Float32Array.from({ length: 2 * count }, (_, k) => ((k & 1) === ((k >> 1) % 3 === 0 ? 1 : 0) ? 1 : -1)),
    };
  },
};

function tinyTokenizer(): OpenTokenizer {
  const decls = declareTokenizer(config);
  const values = initialValues(decls, createRandom(3));
  const arrays = new Map(
    decls.map(({ name, shape }): [string, NamedArray] => [name, { shape, data: values.get(name)! }]),
  );
  const codes = Float32Array.from(values.get("quantize.embedding.weight")!);
  for (let at = 0; at < codes.length; at += 4) {
    const norm = Math.hypot(...codes.subarray(at, at + 4));
    for (let z = 0; z < 4; z++) codes[at + z]! /= norm;
  }
  const weights = new Map([...arrays].map(([name, { data }]) => [name, { kind: "memory" as const, data }]));
  return { model: { tokenizer: config } as OpenTokenizer["model"], weights, arrays, codes, hash: "t" };
}

describe("comparison", () => {
  it("trains, draws and judges every arm, the same for the same seed", async () => {
    const context = {
      runtime: nodeRuntime({ threads: 1 }),
      tokenizer: tinyTokenizer(),
      judge,
      train: pictures,
      heldOut: pictures,
    };
    const plan = {
      ...SMALL_PLAN,
      size: SIDE,
      pictures: 40,
      depth: 1,
      width: 16,
      heads: 2,
      steps: 24,
      batchSize: 4,
      decoderSteps: 12,
      samples: 20,
    };
    const comparison = await openComparison(context, plan);
    const results = [];
    for (const arm of ARMS) results.push(await runArm(comparison, arm, 1));
    for (const result of results) {
      // Dark and light are asked for in turn: of the pictures 0 to 19 these nine are called what they should be.
      expect(result.accuracy).toBe([2, 3, 4, 8, 9, 10, 14, 15, 16].length / 20);
      expect(result.interval).toEqual(wilsonInterval(9, 20));
      // Untrained logits are even: log 16 nats a token.
      expect(result.trainLoss).toBeLessThan(0.95 * Math.log(16));
      expect(result.distance).toBeGreaterThan(0);
      expect(result.largerDistance === undefined).toBe(result.arm === "residual");
    }
    expect(await runArm(comparison, "ground-truth", 1)).toEqual(results[0]);
    // Positions that do not learn give another model from the same start and batches.
    expect(results[2]!.trainLoss).not.toBe(results[0]!.trainLoss);
    expect(results[2]!.reconstructionDistance).toBe(results[0]!.reconstructionDistance);
  });
});
