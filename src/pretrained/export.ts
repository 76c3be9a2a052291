import { join } from "node:path";
import { type TensorFile, type TensorSource, tensorSource, writePth } from "../checkpoint/index.ts";
import type { TransformerConfig } from "../models/index.ts";
import { openFolder } from "./folder.ts";
import { expectNewFolder, writeFolder } from "./import.ts";

/** Files that an export writes. */
const EXPORTED_TOKENIZER = "tokenizer.pth";
const EXPORTED_TRANSFORMER = "transformer.pth";

/** Entries of the released quantiser's usage ring buffer. */
const USAGE_ENTRIES = 65536;

/**
 * Writes a model folder's networks as `.pth` files that `torch.load(weights_only=True)` and the released strict loaders
 * accept: `{model: …}` for the tokenizer, a flat state dict for the transformer. Buffers that the loaders insist on and
 * that hold no weights (`zero_k_bias`, `quantize.codebook_used`) are added where the folder has none. `signal` stops
 * between the files; the folder appears whole or not at all.
 */
export async function exportModel(
  folder: string,
  out: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<string[]> {
  await expectNewFolder(out);
  const model = await openFolder(folder);
  try {
    const written: string[] = [];
    await writeFolder(out, async (draft) => {
      const tokenizer = withMissing(model.tokenizer.file, [
        ["quantize.codebook_used", zeros([USAGE_ENTRIES], "float32")],
      ]);
      await writePth(join(draft, EXPORTED_TOKENIZER), { model: tokenizer });
      written.push(EXPORTED_TOKENIZER);
      signal?.throwIfAborted();
      if (model.transformer === null) return;
      await writePth(
        join(draft, EXPORTED_TRANSFORMER),
        withMissing(model.transformer.file, zeroKeyBiases(model.config.transformer!)),
      );
      written.push(EXPORTED_TRANSFORMER);
      signal?.throwIfAborted();
    });
    return written.map((name) => join(out, name));
  } finally {
    await model.close();
  }
}

function zeros(shape: readonly number[], dtype: "float32"): TensorSource {
  const count = shape.reduce((n, d) => n * d, 1);
  return tensorSource(dtype, shape, new Uint8Array(count * 4));
}

function zeroKeyBiases({ depth, width }: TransformerConfig): [string, TensorSource][] {
  return Array.from({ length: depth }, (_, i) => [`blocks.${i}.attn.zero_k_bias`, zeros([width], "float32")]);
}

function withMissing(file: TensorFile, buffers: readonly [string, TensorSource][]): Map<string, TensorSource> {
  const all = new Map<string, TensorSource>(file.tensors);
  for (const [name, buffer] of buffers) if (!all.has(name)) all.set(name, buffer);
  return all;
}
