import { float32ToFloat16, type TensorEntry, type TensorFile, toFloat32 } from "../checkpoint/index.ts";
import { FileError } from "../errors/index.ts";
import {
  declareTokenizer,
  declareTransformer,
  isTokenizerBuffer,
  isTransformerBuffer,
  type TokenizerConfig,
  type TransformerConfig,
} from "../models/index.ts";
import { compareParams, expectParams, type ParamDecl } from "../nn/index.ts";
import type { WeightData } from "../runtime/index.ts";

/** Where a network's weights lie and what they must be. */
export interface WeightFile {
  readonly file: TensorFile;
  readonly decls: readonly ParamDecl[];
}

export function tokenizerWeights(file: TensorFile, config: TokenizerConfig, where: string): WeightFile {
  return checked(file, declareTokenizer(config), isTokenizerBuffer, where);
}

export function transformerWeights(file: TensorFile, config: TransformerConfig, where: string): WeightFile {
  return checked(file, declareTransformer(config), isTransformerBuffer, where);
}

function checked(file: TensorFile, decls: ParamDecl[], isBuffer: (name: string) => boolean, where: string): WeightFile {
  expectParams(where, compareParams(decls, file.tensors, isBuffer));
  for (const { name } of decls) {
    const { dtype } = file.tensors.get(name)!;
    if (!["float32", "float16", "bfloat16", "float64"].includes(dtype))
      throw new FileError(where, `floating-point numbers in "${name}"`, dtype);
  }
  return { file, decls };
}

const NONE: ReadonlySet<string> = new Set();

/**
 * Weights for a session: mapped from the file where they lie there in the type that is wanted, read and converted otherwise.
 * `map: false` reads everything (needed where the file will not stay, or in a browser).
 * @param halves names of those that are wanted in float16; float32 is wanted of the others.
 */
export async function loadWeights(
  { file, decls }: WeightFile,
  map: boolean,
  halves: ReadonlySet<string> = NONE,
): Promise<Map<string, WeightData>> {
  const weights = new Map<string, WeightData>();
  for (const { name } of decls)
    weights.set(name, await weightOf(file.tensors.get(name)!, map, halves.has(name) ? "float16" : "float32"));
  return weights;
}

async function weightOf(entry: TensorEntry, map: boolean, wanted: "float16" | "float32"): Promise<WeightData> {
  if (map && entry.dtype === wanted && entry.location !== undefined && entry.byteLength > 0)
    return { kind: "file", path: entry.location.path, offset: entry.location.offset, length: entry.byteLength };
  const bytes = await entry.read();
  if (wanted === "float32") return { kind: "memory", data: toFloat32(bytes, entry.dtype) };
  // Half precision as stored is handed over as it is.
  return {
    kind: "memory",
    data: entry.dtype === "float16" ? halvesOf(bytes) : float32ToFloat16(toFloat32(bytes, entry.dtype)),
  };
}

const halvesOf = (bytes: Uint8Array): Uint16Array =>
  bytes.byteOffset % 2 === 0
    ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
    : halvesOf(bytes.slice());
