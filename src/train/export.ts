/** What a run ships: a model folder with the averaged weights under the released names. */
import { join } from "node:path";
import { tensorSource, writeSafetensors } from "../checkpoint/index.ts";
import { makeFolders, writeFileAtomic } from "../files/index.ts";
import { declareTokenizer, declareTransformer, type TokenizerConfig, type TransformerConfig } from "../models/index.ts";
import type { ParamDecl } from "../nn/index.ts";
import { TRAINED_DEFAULTS } from "../options/index.ts";
import { formatModelConfig, type ModelConfig } from "../pretrained/index.ts";
import { CONFIG_FILE, TOKENIZER_FILE, TRANSFORMER_FILE } from "../pretrained/node.ts";
import type { NamedArray } from "./state.ts";

export interface TokenizerExport {
  readonly config: TokenizerConfig;
  readonly trainedSide: number;
  readonly arrays: ReadonlyMap<string, NamedArray>;
  /** Names of the data set's classes. */
  readonly labels: readonly string[];
}

/** Writes (or replaces, file by file) a model folder that holds a tokenizer alone. */
export async function exportTokenizer(
  folder: string,
  { config, trainedSide, arrays, labels }: TokenizerExport,
): Promise<void> {
  await makeFolders(folder);
  const model = tokenizerModel(config, trainedSide, labels);
  await writeWeights(join(folder, TOKENIZER_FILE), declareTokenizer(config), arrays);
  await writeFileAtomic(join(folder, CONFIG_FILE), formatModelConfig(model));
}

/** The config of a model folder that holds a tokenizer alone. */
export const tokenizerModel = (
  tokenizer: TokenizerConfig,
  trainedSide: number,
  labels: readonly string[],
): ModelConfig => ({
  tokenizer,
  transformer: null,
  trainedSide,
  dtype: "float32",
  id2label: labels,
  defaultSampling: TRAINED_DEFAULTS,
});

export interface TransformerExport {
  readonly config: TransformerConfig;
  readonly arrays: ReadonlyMap<string, NamedArray>;
  /** The tokenizer that the transformer was trained with, and the rest of the folder's config. */
  readonly model: Omit<ModelConfig, "transformer" | "dtype">;
  readonly tokenizerArrays: ReadonlyMap<string, NamedArray>;
}

/** Writes (or replaces, file by file) a whole model folder. */
export async function exportTransformer(
  folder: string,
  { config, arrays, model, tokenizerArrays }: TransformerExport,
): Promise<void> {
  await makeFolders(folder);
  await writeWeights(join(folder, TOKENIZER_FILE), declareTokenizer(model.tokenizer), tokenizerArrays);
  await writeWeights(join(folder, TRANSFORMER_FILE), declareTransformer(config), arrays);
  await writeFileAtomic(
    join(folder, CONFIG_FILE),
    formatModelConfig({ ...model, transformer: config, dtype: "float32" }),
  );
}

async function writeWeights(
  path: string,
  decls: readonly ParamDecl[],
  arrays: ReadonlyMap<string, NamedArray>,
): Promise<void> {
  const tensors = decls.map(({ name, shape }) => {
    const found = arrays.get(name);
    if (found === undefined) throw new Error(`${path}: expected values for "${name}", got none`);
    const { buffer, byteOffset, byteLength } = found.data;
    return [name, tensorSource("float32", shape, new Uint8Array(buffer, byteOffset, byteLength))] as const;
  });
  await writeSafetensors(path, tensors);
}
