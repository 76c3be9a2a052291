/** Which of the transformer's weights may be multiplied in integers, and what stands for them then. */
import type { QuantizedParam } from "../engine/index.ts";
import type { TransformerConfig } from "./transformer-params.ts";

const INT8 = "_int8";
const SCALE = "_scale";

/**
 * Modulations are computed for a row or two a picture and bear on everything after them: a second digit costs nothing there.
 */
const isModulation = (name: string): boolean => name.includes("ada_lin.");

/** What stands for a weight [N, K]: int8 [K, N] and its float32 scales [N]. */
export const quantizedParam = (name: string): QuantizedParam => ({
  weight: `${name}${INT8}`,
  scale: `${name}${SCALE}`,
  digits: isModulation(name) ? 2 : 1,
});

/** The weight that an int8 tensor stands for; undefined where a name is not of one. */
export const ofQuantized = (name: string): string | undefined =>
  name.endsWith(`.weight${INT8}`) ? name.slice(0, -INT8.length) : undefined;

/** Layers of a block whose weights may be int8. */
const BLOCK_LAYERS = ["attn.mat_qkv", "attn.proj", "ffn.fc1", "ffn.fc2"] as const;

/** Names of the weights that may be int8: those of all products but the smallest. */
export function quantizableWeights({ depth, sharedAdaLN }: TransformerConfig): readonly string[] {
  const block = (i: number): string[] =>
    [...BLOCK_LAYERS, ...(sharedAdaLN ? [] : ["ada_lin.1"])].map((layer) => `blocks.${i}.${layer}.weight`);
  return [
    ...Array.from({ length: depth }, (_, i) => block(i)).flat(),
    ...(sharedAdaLN ? ["shared_ada_lin.1.weight"] : []),
    "head_nm.ada_lin.1.weight",
    "head.weight",
  ];
}
