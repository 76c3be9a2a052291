/** A model of two blocks with fixed weights: small enough to open anywhere, with every kind of layer that the released ones have. */
import { declareTokenizer, declareTransformer } from "../models/index.ts";
import { type ParamDecl, sizeOfShape } from "../nn/index.ts";
import type { NetworkConfigs } from "../pipelines/index.ts";
import type { Weights } from "../runtime/index.ts";
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

/** The same weights on every machine, such that every layer matters. */
export function tinyWeights(): Weights {
  const { tokenizer, transformer } = tinyConfigs;
  const decls = [...declareTokenizer(tokenizer), ...declareTransformer(transformer)];
  return new Map(decls.map((d) => [d.name, { kind: "memory", data: valuesOf(d) }]));
}

function valuesOf({ name, shape, init }: ParamDecl): Float32Array {
  const random = createRandom(1, name);
  const inputs = sizeOfShape(shape.slice(1));
  const centre = init.kind === "constant" ? init.value : 0;
  const spread = shape.length === 1 || init.kind === "constant" ? 0.2 : Math.sqrt(3 / inputs);
  return new Float32Array(sizeOfShape(shape)).map(() => centre + spread * (2 * random.uniform() - 1));
}
