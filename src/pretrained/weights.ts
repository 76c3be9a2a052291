import { elementsOf, float32ToFloat16, type TensorEntry, type TensorFile, toFloat32 } from "../checkpoint/index.ts";
import { FileError } from "../errors/index.ts";
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
interface StoredDecl extends ParamDecl {
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
    if (!dtypes.includes(dtype)) throw new FileError(where, `${what} in "${name}"`, dtype);
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

const NONE: ReadonlySet<string> = new Set();

/**
/** Which types are wanted of a network's weights where they are not stored so; float32 of all others. */
export interface WantedTypes {
  /** Names of those wanted in float16. */
  readonly halves?: ReadonlySet<string>;
  /** Whether those that may be are quantised. */
  readonly inIntegers?: boolean;
}

/**
 * Weights for a session: mapped from the file where they lie there in the type that is wanted, read and converted otherwise.
 * `map: false` reads everything (needed where the file will not stay, or in a browser).
 */
export async function loadWeights(
  { file, decls, quantizable }: WeightFile,
  map: boolean,
  { halves = NONE, inIntegers = false }: WantedTypes = {},
): Promise<Map<string, WeightData>> {
  const weights = new Map<string, WeightData>();
  for (const decl of decls) {
    const { name, shape, stored } = decl;
    const entry = file.tensors.get(name)!;
    if (inIntegers && quantizable.has(name)) {
      const [N, K] = shape as readonly [number, number];
      const { values, scales } = quantizeWeight(toFloat32(await entry.read(), entry.dtype), N, K);
      const { weight, scale } = quantizedParam(name);
      weights.set(weight, { kind: "memory", data: values }).set(scale, { kind: "memory", data: scales });
    } else if (stored === "scale") weights.set(name, { kind: "memory", data: await scalesOf(entry) });
    else weights.set(name, await weightOf(entry, map, stored === "int8" ? "int8" : floatType(halves.has(name))));
  }
  return weights;
}

const floatType = (isHalf: boolean): "float16" | "float32" => (isHalf ? "float16" : "float32");

/** Scales of a weight in integers. @throws FileError where one is not a positive number */
async function scalesOf(entry: TensorEntry): Promise<Float32Array> {
  const scales = toFloat32(await entry.read(), entry.dtype);
  const bad = scales.findIndex((value) => !(value > 0 && value < Number.POSITIVE_INFINITY));
  if (bad >= 0) throw new FileError("weights", `positive numbers in "${entry.name}"`, `${scales[bad]} at ${bad}`);
  return scales;
}

async function weightOf(entry: TensorEntry, map: boolean, wanted: "float16" | "float32" | "int8"): Promise<WeightData> {
  if (map && entry.dtype === wanted && entry.location !== undefined && entry.byteLength > 0)
    return { kind: "file", path: entry.location.path, offset: entry.location.offset, length: entry.byteLength };
  const bytes = await entry.read();
  if (wanted === "int8") return { kind: "memory", data: elementsOf("int8", bytes) };
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
