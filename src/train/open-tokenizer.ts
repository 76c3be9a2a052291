/** The tokenizer that a transformer is trained on. */
import { join } from "node:path";
import { fileDigest } from "../files/index.ts";
import { CODEBOOK } from "../models/index.ts";
import { loadWeights, type ModelConfig } from "../pretrained/index.ts";
import { openFolder, TOKENIZER_FILE } from "../pretrained/node.ts";
import type { WeightData, Weights } from "../runtime/index.ts";
import type { NamedArray } from "./state.ts";

/** A tokenizer ready to use. */
export interface OpenTokenizer {
  readonly model: ModelConfig;
  readonly weights: Weights;
  readonly arrays: ReadonlyMap<string, NamedArray>;
  /** Codes [V, Z] at unit length. */
  readonly codes: Float32Array;
  /** sha256 of its weights' file, in hexadecimal. */
  readonly hash: string;
}

/** Opens the tokenizer of a model folder, its weights in memory. */
export async function openTokenizer(path: string): Promise<OpenTokenizer> {
  const folder = await openFolder(path);
  try {
    const weights = await loadWeights(folder.tokenizer, false);
    const arrays = new Map(
      folder.tokenizer.decls.map(({ name, shape }): [string, NamedArray] => [
        name,
        { shape, data: memory(weights, name) },
      ]),
    );
    const codes = Float32Array.from(memory(weights, CODEBOOK));
    const Z = folder.config.tokenizer.codeDim;
    for (let at = 0; at < codes.length; at += Z) {
      const norm = Math.hypot(...codes.subarray(at, at + Z));
      for (let z = 0; z < Z; z++) codes[at + z]! /= Math.max(norm, 1e-6);
    }
    return { model: folder.config, weights, arrays, codes, hash: await fileDigest(join(path, TOKENIZER_FILE)) };
  } finally {
    await folder.close();
  }
}

function memory(weights: ReadonlyMap<string, WeightData>, name: string): Float32Array {
  const data = weights.get(name);
  if (data?.kind !== "memory" || !(data.data instanceof Float32Array))
    throw new Error(`tokenizer: expected weights of "${name}" in memory, got none`);
  return data.data;
}
