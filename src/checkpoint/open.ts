import { CheckpointError } from "./error.ts";
import { openPth } from "./pth-read.ts";
import { openSafetensors } from "./safetensors.ts";
import { openShards } from "./sharded.ts";
import { describeFormat, detectFormat } from "./sniff.ts";
import { type ByteSource, orClose } from "./source.ts";
import { openBeside, withSource } from "./source-node.ts";
import { findStateDict } from "./state-dict.ts";
import type { TensorFile } from "./types.ts";

/** Opens a `.pth` file and finds its state dict. @throws CheckpointError as `openPth` and `findStateDict` do. */
export async function openPthStateDict(
  input: string | ByteSource,
  markers: readonly string[] = [],
): Promise<TensorFile> {
  return orClose(await openPth(input), (file) => file.stateDict(markers));
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
const openShard = (shard: ByteSource): Promise<TensorFile> =>
  orClose(shard, async (source) =>
    (await detectFormat(source)) === "pth" ? (await openPth(source)).stateDict() : openSafetensors(source),
  );

const unwrapped = (opened: TensorFile, where: string, markers: readonly string[]): Promise<TensorFile> =>
  orClose(opened, (file) => {
    const { tensors, notes } = findStateDict(file.tensors, where, markers);
    return { ...file, tensors, notes: [...file.notes, ...notes] };
  });
