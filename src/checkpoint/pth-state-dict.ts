import { CheckpointError, quote } from "./error.ts";
import type { PthValue } from "./pth-read.ts";
import { PthTensor } from "./pth-tensor.ts";

/** Where the state dict lay: the whole file, under `model` (the tokenizer), or under `trainer`/`var_wo_ddp`. */
export type Wrapping = "flat" | "model" | "trainer.var_wo_ddp";

export interface FoundStateDict {
  readonly wrapping: Wrapping;
  readonly tensors: Map<string, PthTensor>;
}

function child(value: PthValue | undefined, key: string): PthValue | undefined {
  return value instanceof Map ? value.get(key) : undefined;
}

function asTensors(dict: PthValue, where: string): Map<string, PthTensor> {
  if (!(dict instanceof Map)) throw new CheckpointError(where, "a dict of tensors", "another kind of object");
  const tensors = new Map<string, PthTensor>();
  for (const [name, value] of dict) {
    if (typeof name !== "string") throw new CheckpointError(where, "tensors by name", `the key ${String(name)}`);
    if (!(value instanceof PthTensor)) {
      const keys = [...dict.keys()].slice(0, 8).map(String).join(", ");
      throw new CheckpointError(where, "a state dict (flat, or under model, or under trainer.var_wo_ddp)", quote(keys));
    }
    tensors.set(name, value.named(name));
  }
  return tensors;
}

/**
 * Finds the state dict in the released files' wrappings: flat, `{model: …}` and `{trainer: {var_wo_ddp: …}}`.
 * @throws CheckpointError when there is none, naming the keys that are there.
 */
export function findStateDict(tree: PthValue, where: string): FoundStateDict {
  const trainer = child(child(tree, "trainer"), "var_wo_ddp");
  if (trainer instanceof Map) {
    return { wrapping: "trainer.var_wo_ddp", tensors: asTensors(trainer, `${where}: trainer.var_wo_ddp`) };
  }
  const model = child(tree, "model");
  if (model instanceof Map) return { wrapping: "model", tensors: asTensors(model, `${where}: model`) };
  return { wrapping: "flat", tensors: asTensors(tree, where) };
}
