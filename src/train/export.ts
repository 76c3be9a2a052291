/** What a run ships: a model folder with the averaged weights under the released names. */

import { join } from "node:path";
import { fromFloat32, tensorSource, writeSafetensors } from "../checkpoint/index.ts";
import { FileError } from "../errors/index.ts";
import { makeFolders, writeFileAtomic } from "../files/index.ts";
import { declareTokenizer, declareTransformer, type TokenizerConfig } from "../models/index.ts";
import type { ParamDecl } from "../nn/index.ts";
import { TRAINED_DEFAULTS } from "../options/index.ts";
import { formatModelConfig, type ModelConfig } from "../pretrained/index.ts";
import { CONFIG_FILE, TOKENIZER_FILE, TRANSFORMER_FILE } from "../pretrained/node.ts";
import type { NamedArray } from "./state.ts";

type Arrays = ReadonlyMap<string, NamedArray>;

/** Writes (or replaces, file by file) a model folder: its config, and the arrays of each network that the config has. */
export async function exportModel(
  folder: string,
  model: ModelConfig,
  arrays: { readonly tokenizer: Arrays; readonly transformer?: Arrays },
): Promise<void> {
  const { tokenizer, transformer } = model;
  await makeFolders(folder);
  await writeWeights(join(folder, TOKENIZER_FILE), declareTokenizer(tokenizer), arrays.tokenizer);
  if (transformer !== null && arrays.transformer !== undefined)
    await writeWeights(join(folder, TRANSFORMER_FILE), declareTransformer(transformer), arrays.transformer);
  await writeFileAtomic(join(folder, CONFIG_FILE), formatModelConfig(model));
}

/** The config of a model folder that holds a tokenizer alone; `labels` are the data set's classes. */
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

async function writeWeights(path: string, decls: readonly ParamDecl[], arrays: Arrays): Promise<void> {
  const tensors = decls.map(({ name, shape }) => {
    const found = arrays.get(name);
    if (found === undefined) throw new FileError(path, `values for "${name}"`, "none");
    return [name, tensorSource("float32", shape, fromFloat32(found.data, "float32"))] as const;
  });
  await writeSafetensors(path, tensors);
}
