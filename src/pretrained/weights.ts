import { elementsOf, type TensorEntry, type TensorFile, toFloat32 } from "../checkpoint/index.ts";
import {
  declareTokenizer,
  declareTransformer,
  isTokenizerBuffer,
  isTransformerBuffer,
  quantizableWeights,
  quantizedParam,
  type TokenizerConfig,
  type TransformerConfig,
} from "../models/index.ts";
import { compareParams, expectParams, type ParamDecl, quantizeWeight } from "../nn/index.ts";
import type { WeightData } from "../runtime/index.ts";

/** Where a network's weights lie and what they must be. */
export interface WeightFile {
  readonly file: TensorFile;
  /** What the file holds: of a weight in integers its values and scales. */
  readonly decls: readonly StoredDecl[];
  /** Names of weights that may be multiplied in integers, whether they are stored so or not. */
  readonly quantizable: ReadonlySet<string>;
}

/** A parameter as a file holds it. */
export interface StoredDecl extends ParamDecl {
  /** `float` is any floating-point type; `scale` positive float32. */
  readonly stored: "float" | "int8" | "scale";
}

export function tokenizerWeights(file: TensorFile, config: TokenizerConfig, where: string): WeightFile {
  return checked(file, declareTokenizer(config), isTokenizerBuffer, new Set(), where);
}

export function transformerWeights(file: TensorFile, config: TransformerConfig, where: string): WeightFile {
  const quantizable = new Set(quantizableWeights(config));
  return checked(file, declareTransformer(config), isTransformerBuffer, quantizable, where);
}

/** Element types by how a parameter is stored. */
const STORED_TYPES: Readonly<Record<StoredDecl["stored"], readonly [what: string, dtypes: readonly string[]]>> = {
  float: ["floating-point numbers", ["float32", "float16", "bfloat16", "float64"]],
  int8: ["int8", ["int8"]],
  scale: ["float32", ["float32"]],
};

function checked(
  file: TensorFile,
  network: readonly ParamDecl[],
  isBuffer: (name: string) => boolean,
  quantizable: ReadonlySet<string>,
  where: string,
): WeightFile {
  const decls = network.flatMap((d) =>
    quantizable.has(d.name) && file.tensors.has(quantizedParam(d.name).weight)
      ? quantizedDecls(d)
      : [{ ...d, stored: "float" as const }],
  );
  expectParams(where, compareParams(decls, file.tensors, isBuffer));
  for (const { name, stored } of decls) {
    const { dtype } = file.tensors.get(name)!;
    const [what, dtypes] = STORED_TYPES[stored];
    if (!dtypes.includes(dtype)) throw new Error(`${where}: expected ${what} in "${name}", got ${dtype}`);
  }
  return { file, decls, quantizable };
}

/** What stands for a weight [N, K] in a file. */
function quantizedDecls({ name, shape, init }: ParamDecl): StoredDecl[] {
  const [N, K] = shape as readonly [number, number];
  const { weight, scale } = quantizedParam(name);
  return [
    { name: weight, shape: [K, N], init, decay: false, stored: "int8" },
    { name: scale, shape: [N], init, decay: false, stored: "scale" },
  ];
}

/**
 * Weights for a session: mapped from the file where they lie there as products read them, read and converted otherwise.
 * `map: false` reads everything (needed where the file will not stay, or in a browser). `inIntegers` quantises what may be and is not.
 */
export async function loadWeights(
  { file, decls, quantizable }: WeightFile,
  map: boolean,
  inIntegers = false,
): Promise<Map<string, WeightData>> {
  const weights = new Map<string, WeightData>();
  for (const decl of decls) {
    const entry = file.tensors.get(decl.name)!;
    if (inIntegers && quantizable.has(decl.name)) {
      const [N, K] = decl.shape as readonly [number, number];
      const { values, scales } = quantizeWeight(toFloat32(await entry.read(), entry.dtype), N, K);
      const { weight, scale } = quantizedParam(decl.name);
      weights.set(weight, { kind: "memory", data: values }).set(scale, { kind: "memory", data: scales });
    } else weights.set(decl.name, await weightOf(entry, decl, map));
  }
  return weights;
}

async function weightOf(entry: TensorEntry, { stored }: StoredDecl, map: boolean): Promise<WeightData> {
  const isAsRead = stored === "int8" || (stored === "float" && entry.dtype === "float32");
  if (map && isAsRead && entry.location !== undefined && entry.byteLength > 0)
    return { kind: "file", path: entry.location.path, offset: entry.location.offset, length: entry.byteLength };
  const bytes = await entry.read();
  if (stored === "int8") return { kind: "memory", data: elementsOf("int8", bytes) };
  const data = toFloat32(bytes, entry.dtype);
  const bad = stored === "scale" ? data.findIndex((value) => !(value > 0 && value < Number.POSITIVE_INFINITY)) : -1;
  if (bad >= 0) throw new Error(`weights: expected positive numbers in "${entry.name}", got ${data[bad]} at ${bad}`);
  return { kind: "memory", data };
}
