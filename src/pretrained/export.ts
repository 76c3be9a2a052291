/** Copies of a model folder: as PyTorch's files, and in half precision. */
import { join } from "node:path";
import {
  countElements,
  fromFloat32,
  type PthWritable,
  type TensorFile,
  type TensorSource,
  tensorSource,
  toFloat32,
  writePth,
  writeSafetensors,
} from "../checkpoint/index.ts";
import { OptionError } from "../errors/index.ts";
import { writeFileAtomic } from "../files/index.ts";
import type { TransformerConfig } from "../models/index.ts";
import { CARD_FILE, CONFIG_FILE, formatModelConfig, TOKENIZER_FILE, TRANSFORMER_FILE } from "./config.ts";
import { type ModelFolder, openFolder } from "./folder.ts";
import { expectNewFolder, writeFolder } from "./import.ts";

/** Fills a new folder from a model's; it appears whole or not at all. */
async function copyFolder(
  folder: string,
  out: string,
  fill: (model: ModelFolder, draft: string) => Promise<void>,
): Promise<void> {
  await expectNewFolder(out);
  const model = await openFolder(folder);
  try {
    if (model.config.dtype === "int8")
      throw new OptionError("model", "weights in floating point", "int8, from which they cannot be had back");
    await writeFolder(out, (draft) => fill(model, draft));
  } finally {
    await model.close();
  }
}

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
  const written: string[] = [];
  await copyFolder(folder, out, async (model, draft) => {
    const write = async (name: string, tree: PthWritable): Promise<void> => {
      await writePth(join(draft, name), tree);
      written.push(join(out, name));
      signal?.throwIfAborted();
    };
    const usage = zeros([USAGE_ENTRIES]);
    await write(EXPORTED_TOKENIZER, { model: withMissing(model.tokenizer.file, [["quantize.codebook_used", usage]]) });
    if (model.transformer === null) return;
    await write(EXPORTED_TRANSFORMER, withMissing(model.transformer.file, zeroKeyBiases(model.config.transformer!)));
  });
  return written;
}

const zeros = (shape: readonly number[]): TensorSource =>
  tensorSource("float32", shape, new Uint8Array(countElements(shape) * 4));

function zeroKeyBiases({ depth, width }: TransformerConfig): [string, TensorSource][] {
  return Array.from({ length: depth }, (_, i) => [`blocks.${i}.attn.zero_k_bias`, zeros([width])]);
}

function withMissing(file: TensorFile, buffers: readonly [string, TensorSource][]): Map<string, TensorSource> {
  const all = new Map<string, TensorSource>(file.tensors);
  for (const [name, buffer] of buffers) if (!all.has(name)) all.set(name, buffer);
  return all;
}

/**
 * Copies a model folder with its weights in half precision: half the bytes, for shipping. `card` is the text of the copy's
 * README.md. The folder appears whole or not at all.
 */
export async function storeHalf(folder: string, out: string, card: string): Promise<void> {
  await copyFolder(folder, out, async ({ tokenizer, transformer, config }, draft) => {
    await writeSafetensors(join(draft, TOKENIZER_FILE), halved(tokenizer.file));
    if (transformer !== null) await writeSafetensors(join(draft, TRANSFORMER_FILE), halved(transformer.file));
    await writeFileAtomic(join(draft, CARD_FILE), card);
    await writeFileAtomic(join(draft, CONFIG_FILE), formatModelConfig({ ...config, dtype: "float16" }));
  });
}

function halved(file: TensorFile): [string, TensorSource][] {
  return [...file.tensors.values()].map((entry) => {
    if (entry.dtype !== "float32") return [entry.name, entry];
    const byteLength = entry.byteLength / 2;
    const read = async () => fromFloat32(toFloat32(await entry.read(), entry.dtype), "float16");
    return [entry.name, { dtype: "float16", shape: entry.shape, byteLength, read }];
  });
}
