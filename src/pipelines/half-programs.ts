/** Which programs compute in half precision, and which of their numbers stay in float32. */
import { type Program, toHalf } from "../engine/index.ts";
import { loadWeights, type ModelConfig, type WeightFile } from "../pretrained/index.ts";
import type { ComputeType, Weights } from "../runtime/index.ts";
import { type NetworkConfigs, type ProgramName, programOf } from "./programs.ts";

/** The programs that hold the weights and the keys and values. What chooses codes (quantising) or costs nothing (inputs) stays in float32. */
const HALVED: readonly ProgramName[] = ["conditioning", "step", "guidedStep", "firstHalf", "decoder", "encoder"];

/** Keys and values stay in float16 between scales. */
const isCached = (name: string): boolean => /^(new_)?[kv]_\d+$/.test(name);

/** What is handed on to the sampler, to people, and to the codebook. */
const EXACT: ReadonlySet<string> = new Set(["logits", "image", "latent"]);

/** A program as it is run in `dtype`. */
export function programOfType(name: ProgramName, configs: NetworkConfigs, dtype: ComputeType): Program {
  const traced = programOf(name, configs);
  if (dtype !== "fp16" || !HALVED.includes(name)) return traced;
  return toHalf(traced, { half: isCached, exact: (output) => EXACT.has(output) });
}

/** Weights of an open folder's networks as they are computed with in `dtype`. @param map see `loadWeights` */
export async function loadModelWeights(
  { config, tokenizer, transformer }: LoadedModel,
  map: boolean,
  dtype: ComputeType,
): Promise<Weights> {
  const wanted = { halves: halfWeightNames(config, dtype), inIntegers: dtype === "int8" };
  return new Map([
    ...(await loadWeights(tokenizer, map, wanted)),
    ...(transformer === null ? [] : await loadWeights(transformer, map, wanted)),
  ]);
}

/** A model folder, wherever it lies. */
interface LoadedModel {
  readonly config: ModelConfig;
  readonly tokenizer: WeightFile;
  readonly transformer: WeightFile | null;
}

/** Names of the weights that the networks take in float16. */
export function halfWeightNames(configs: NetworkConfigs, dtype: ComputeType): ReadonlySet<string> {
  if (dtype !== "fp16") return new Set();
  const names = HALVED.filter((name) => configs.transformer !== null || name === "decoder" || name === "encoder");
  return new Set(
    names.flatMap((name) =>
      programOfType(name, configs, dtype).params.flatMap((t) => (t.dtype === "float16" ? [t.name!] : [])),
    ),
  );
}
