import { CheckpointError } from "./error.ts";
import { type PthWritable, writePickle } from "./pickle-write.ts";
import type { ByteSink } from "./source.ts";
import { writeAtomically } from "./source-node.ts";
import { zipWriter } from "./zip-write.ts";

/** Version of PyTorch's archive layout; 3 is what `torch.save` has written since 1.6. */
const layoutVersion = "3\n";
const prefix = "archive/";

/** Writes a `.pth` file to any sink; see `writePth`. `where` names the file in errors. */
export async function writePthTo(sink: ByteSink, tree: PthWritable, where = "pth"): Promise<void> {
  const { pickle, storages } = writePickle(tree, where);
  const zip = zipWriter(sink, where);
  const add = (name: string, bytes: Uint8Array) => zip.add(`${prefix}${name}`, bytes.byteLength, [bytes]);
  const encoder = new TextEncoder();
  await add("data.pkl", pickle);
  await add("byteorder", encoder.encode("little"));
  for (const [key, tensor] of storages.entries()) {
    const bytes = await tensor.read();
    if (bytes.byteLength !== tensor.byteLength) {
      const got = `${bytes.byteLength}`;
      throw new CheckpointError(`${where}: storage ${key}`, `${tensor.byteLength} bytes`, got);
    }
    await add(`data/${key}`, bytes);
  }
  await add("version", encoder.encode(layoutVersion));
  await zip.finish();
}

/**
 * Writes a PyTorch checkpoint in zip form, whole or not at all; `torch.load(weights_only=True)` reads it (PyTorch 1.13
 * knows no floats there, 2 does). One tensor is in memory at a time, each begins at a multiple of 64 bytes, zip64 is
 * used past 4 GiB.
 * @param tree a state dict, or one inside dicts and lists with scalars, such as `{ trainer: { var_wo_ddp: dict } }`.
 * @throws CheckpointError for tensors whose bytes do not fit their shape, and for file system errors.
 */
export function writePth(path: string, tree: PthWritable): Promise<void> {
  return writeAtomically(path, (sink) => writePthTo(sink, tree, path));
}
