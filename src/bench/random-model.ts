import { join } from "node:path";
import { type TensorSource, writeSafetensors } from "../checkpoint/index.ts";
import { writeFileAtomic } from "../files/index.ts";
import { declareTokenizer, declareTransformer, flexvarConfig, vq16 } from "../models/index.ts";
import { type ParamDecl, sizeOfShape } from "../nn/index.ts";
import { IMPORTED_DEFAULTS } from "../options/index.ts";
import {
  CONFIG_FILE,
  formatModelConfig,
  type ModelConfig,
  TOKENIZER_FILE,
  TRANSFORMER_FILE,
} from "../pretrained/index.ts";

/** The released size of a depth with the released tokenizer. */
export function releasedConfig(depth: number): ModelConfig {
  return {
    tokenizer: vq16,
    transformer: flexvarConfig(depth),
    trainedSide: 16,
    dtype: "float32",
    id2label: [],
    defaultSampling: IMPORTED_DEFAULTS,
  };
}

/** Writes a model folder of cheap pseudo-random float32 weights, one tensor in memory at a time. */
export async function writeRandomModel(folder: string, config: ModelConfig): Promise<void> {
  await writeSafetensors(join(folder, TOKENIZER_FILE), randomTensors(declareTokenizer(config.tokenizer)));
  if (config.transformer !== null)
    await writeSafetensors(join(folder, TRANSFORMER_FILE), randomTensors(declareTransformer(config.transformer)));
  await writeFileAtomic(join(folder, CONFIG_FILE), formatModelConfig(config));
}

/** Norm scales near 1, other vectors small, matrices and kernels uniform with unit gain. */
function randomTensors(decls: readonly ParamDecl[]): [string, TensorSource][] {
  return decls.map((d, index) => {
    const size = sizeOfShape(d.shape);
    const fanIn = size / d.shape[0]!;
    const [centre, spread] =
      d.init.kind === "constant" ? [d.init.value, 0.1] : [0, d.shape.length > 1 ? Math.sqrt(3 / fanIn) : 0.1];
    const read = async (): Promise<Uint8Array> => {
      const values = new Float32Array(size);
      let state = (index * 2654435761 + 12345) >>> 0;
      for (let i = 0; i < size; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        values[i] = centre + spread * (state / 2 ** 31 - 1);
      }
      return new Uint8Array(values.buffer);
    };
    return [d.name, { dtype: "float32", shape: d.shape, byteLength: size * 4, read }];
  });
}
