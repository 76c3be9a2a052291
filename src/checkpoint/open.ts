import { CheckpointError } from "./error.ts";
import { openPth } from "./pth-read.ts";
import { openSafetensors } from "./safetensors-read.ts";
import { describeFormat, detectFormat } from "./sniff.ts";
import type { ByteSource } from "./source.ts";
import type { TensorFile } from "./types.ts";

/** Opens a `.pth` file and finds its state dict. @throws CheckpointError as `openPth` and `findStateDict` do. */
export async function openPthStateDict(input: string | ByteSource): Promise<TensorFile> {
  const file = await openPth(input);
  try {
    return file.stateDict();
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Opens a checkpoint of either format, told by its content.
 * @throws CheckpointError for files that are neither, saying what they are.
 */
export async function openTensorFile(input: string | ByteSource): Promise<TensorFile> {
  const format = await detectFormat(input);
  switch (format) {
    case "pth":
      return openPthStateDict(input);
    case "safetensors":
      return openSafetensors(input);
    case "legacy-pickle":
    case "npz":
    case "npy": {
      const where = typeof input === "string" ? input : input.name;
      throw new CheckpointError(where, "a .pth (zip form) or .safetensors checkpoint", describeFormat(format));
    }
    default:
      return format satisfies never;
  }
}
