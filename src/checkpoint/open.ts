import { CheckpointError } from "./error.ts";
import { openPth } from "./pth-read.ts";
import { openSafetensors } from "./safetensors-read.ts";
import { openShards } from "./sharded.ts";
import { describeFormat, detectFormat } from "./sniff.ts";
import type { ByteSource } from "./source.ts";
import { openBeside, withSource } from "./source-node.ts";
import { findStateDict } from "./state-dict.ts";
import type { TensorFile } from "./types.ts";

/** Opens a `.pth` file and finds its state dict. @throws CheckpointError as `openPth` and `findStateDict` do. */
export async function openPthStateDict(
  input: string | ByteSource,
  markers: readonly string[] = [],
): Promise<TensorFile> {
  const file = await openPth(input);
  try {
    return file.stateDict(markers);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Opens a checkpoint, told by its content: `.pth`, safetensors, or the index of a sharded one, whose shards lie beside it.
 * Wrappings and prefixes of trainers are seen through, and a running average wins over the weights; `notes` says so.
 * @param markers names of tensors that tell the network that is looked for; see `findStateDict`.
 * @throws CheckpointError for files that are neither, saying what they are.
 */
export async function openTensorFile(input: string | ByteSource, markers: readonly string[] = []): Promise<TensorFile> {
  const format = await detectFormat(input);
  switch (format) {
    case "pth":
      return openPthStateDict(input, markers);
    case "safetensors":
      return unwrapped(await openSafetensors(input), nameOf(input), markers);
    case "shard-index": {
      const open = (file: string) => openBeside(nameOf(input), file).then(openShard);
      return unwrapped(await withSource(input, (source) => openShards(source, open)), nameOf(input), markers);
    }
    case "legacy-pickle":
    case "npz":
    case "npy":
      throw new CheckpointError(nameOf(input), "a .pth (zip form) or .safetensors checkpoint", describeFormat(format));
    default:
      return format satisfies never;
  }
}

const nameOf = (input: string | ByteSource): string => (typeof input === "string" ? input : input.name);

/** One shard, its names as they are. */
async function openShard(source: ByteSource): Promise<TensorFile> {
  try {
    return (await detectFormat(source)) === "pth" ? (await openPth(source)).stateDict() : await openSafetensors(source);
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function unwrapped(file: TensorFile, where: string, markers: readonly string[]): Promise<TensorFile> {
  try {
    const { tensors, notes } = findStateDict(file.tensors, where, markers);
    return { ...file, tensors, notes: [...file.notes, ...notes] };
  } catch (error) {
    await file.close();
    throw error;
  }
}
