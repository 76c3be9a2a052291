/** What a checkpoint holds, read off its names and shapes alone. */
import { stat } from "node:fs/promises";
import { countElements, detectFormat, openTensorFile, type TensorEntry, withNpz } from "../checkpoint/index.ts";
import {
  isTokenizerBuffer,
  isTransformerBuffer,
  TOKENIZER_TENSOR,
  TRANSFORMER_TENSOR,
  tokenizerConfigOf,
  transformerConfigOf,
} from "../models/index.ts";
import { snakeCased } from "./names.ts";

/** Tensors in numbers. Parameters are what training changes: buffers are counted apart. */
export interface TensorCounts {
  readonly tensors: number;
  readonly parameters: number;
  readonly buffers: number;
  /** Element types, each with its number of tensors. */
  readonly dtypes: Readonly<Record<string, number>>;
}

export interface FileDescription extends TensorCounts {
  readonly path: string;
  readonly format: string;
  /** Bytes of the file; of an index of shards, those of all tensors. */
  readonly bytes: number;
  readonly kind: "tokenizer" | "transformer" | "tensors" | "arrays";
  /** Hyper-parameters, under the names that config.json uses; null where they cannot be read off. */
  readonly config: Readonly<Record<string, number | boolean | readonly number[]>> | null;
  /** Codes V and their dimensions Z. */
  readonly codebook: readonly [V: number, Z: number] | null;
  /** Why there are no hyper-parameters, where names say that it is a network. */
  readonly problem: string | null;
  /** Which of several sets of weights is described, and what could not be verified. */
  readonly notes?: readonly string[];
  /** Of an archive of arrays: each with its type and shape. */
  readonly arrays?: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly number[] }[];
}

/** Describes a `.pth`, `.safetensors` or `.npz` file. @throws CheckpointError for anything else. */
export async function describeFile(path: string): Promise<FileDescription> {
  const { size: bytes } = await stat(path);
  const format = await detectFormat(path);
  if (format === "npz") return { path, format, bytes, ...(await describeArrays(path)) };
  const file = await openTensorFile(path, [TRANSFORMER_TENSOR, TOKENIZER_TENSOR]);
  try {
    const held = [...file.tensors.values()].reduce((n, { byteLength }) => n + byteLength, 0);
    const size = format === "shard-index" ? held : bytes;
    return { path, format, bytes: size, ...describeTensors(path, file.tensors), notes: file.notes };
  } finally {
    await file.close();
  }
}

function describeTensors(path: string, tensors: ReadonlyMap<string, TensorEntry>) {
  const isTokenizer = tensors.has(TOKENIZER_TENSOR);
  const isTransformer = tensors.has(TRANSFORMER_TENSOR);
  const kind = isTokenizer ? "tokenizer" : isTransformer ? "transformer" : "tensors";
  const isBuffer = isTokenizer ? isTokenizerBuffer : isTransformer ? isTransformerBuffer : () => false;
  const found = hyperParameters(() =>
    isTokenizer
      ? { ...tokenizerConfigOf(path, tensors) }
      : isTransformer
        ? { ...transformerConfigOf(path, tensors) }
        : null,
  );
  return { kind, ...found, ...countTensors(tensors.values(), isBuffer) } as const;
}

function hyperParameters(read: () => Record<string, number | boolean | readonly number[]> | null) {
  try {
    const config = read();
    const codebook = config && ([Number(config.codebookSize), Number(config.codeDim)] as const);
    return { config: config && (snakeCased(config) as FileDescription["config"]), codebook, problem: null };
  } catch (error) {
    return { config: null, codebook: null, problem: (error as Error).message };
  }
}

export function countTensors(
  tensors: Iterable<Pick<TensorEntry, "name" | "shape"> & { readonly dtype: string }>,
  isBuffer: (name: string) => boolean,
): TensorCounts {
  const all = [...tensors];
  const dtypes: Record<string, number> = {};
  for (const { dtype } of all) dtypes[dtype] = (dtypes[dtype] ?? 0) + 1;
  const parameters = all.filter(({ name }) => !isBuffer(name));
  return {
    tensors: all.length,
    parameters: parameters.reduce((n, { shape }) => n + countElements(shape), 0),
    buffers: all.length - parameters.length,
    dtypes,
  };
}

function describeArrays(path: string) {
  return withNpz(path, async (file) => {
    const arrays = await Promise.all(
      [...file.arrays.values()].map(async (entry) => {
        const { dtype, shape } = await entry.header();
        return { name: entry.name, dtype, shape };
      }),
    );
    const counts = countTensors(arrays, () => false);
    return { kind: "arrays", config: null, codebook: null, problem: null, ...counts, arrays } as const;
  });
}
