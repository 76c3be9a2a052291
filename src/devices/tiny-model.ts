/** A model of two blocks with fixed weights: small enough to open anywhere, with every kind of layer that the released ones have. */
import { declareTokenizer, declareTransformer, quantizableWeights, quantizedParam } from "../models/index.ts";
import { type ParamDecl, quantizeWeight, sizeOfShape } from "../nn/index.ts";
import type { NetworkConfigs } from "../pipelines/index.ts";
import type { ComputeType, WeightData, Weights } from "../runtime/index.ts";
import { createRandom } from "../sampling/index.ts";

const CODES = { codeDim: 8, codebookSize: 64 };

export const tinyConfigs = {
  tokenizer: {
    ...CODES,
    baseChannels: 32,
    channelMultipliers: [1, 2],
    resBlocks: 1,
    decoderResBlocks: 1,
    attention: true,
    latentChannels: 16,
    normGroups: 8,
    patchSize: 1,
  },
  transformer: {
    ...CODES,
    depth: 2,
    width: 64,
    heads: 2,
    mlpWidth: 256,
    numClasses: 3,
    sharedAdaLN: false,
    qkNorm: true,
    positionSide: 8,
  },
} satisfies NetworkConfigs;

/** The same weights on every machine, such that every layer matters; in integers those that may be, where that is asked for. */
export function tinyWeights(dtype: ComputeType = "fp32"): Weights {
  const { tokenizer, transformer } = tinyConfigs;
  const decls = [...declareTokenizer(tokenizer), ...declareTransformer(transformer)];
  const quantizable = new Set(dtype === "int8" ? quantizableWeights(transformer) : []);
  return new Map(decls.flatMap((d) => (quantizable.has(d.name) ? inIntegers(d) : [[d.name, inMemory(valuesOf(d))]])));
}

function valuesOf({ name, shape, init }: ParamDecl): Float32Array {
  const random = createRandom(1, name);
  const inputs = sizeOfShape(shape.slice(1));
  const centre = init.kind === "constant" ? init.value : 0;
  const spread = shape.length === 1 || init.kind === "constant" ? 0.2 : Math.sqrt(3 / inputs);
  return new Float32Array(sizeOfShape(shape)).map(() => centre + spread * (2 * random.uniform() - 1));
}

function inIntegers(d: ParamDecl): [string, WeightData][] {
  const [N, K] = d.shape as readonly [number, number];
  const { values, scales } = quantizeWeight(valuesOf(d), N, K);
  const { weight, scale } = quantizedParam(d.name);
  return [
    [weight, inMemory(values)],
    [scale, inMemory(scales)],
  ];
}

const inMemory = (data: Float32Array | Int8Array): WeightData => ({ kind: "memory", data });
