import { join } from "node:path";
import {
  float32ToFloat16,
  type TensorFile,
  type TensorSource,
  toFloat32,
  writeSafetensors,
} from "../checkpoint/index.ts";
import { writeFileAtomic } from "../files/index.ts";
import { formatModelConfig } from "./config.ts";
import { openFolder } from "./folder.ts";
import { expectNewFolder, writeFolder } from "./import.ts";
import { CARD_FILE, CONFIG_FILE, TOKENIZER_FILE, TRANSFORMER_FILE } from "./names.ts";

/**
 * Copies a model folder with its weights in half precision: half the bytes, for shipping. `card` is the text of the copy's
 * README.md. The folder appears whole or not at all.
 */
export async function storeHalf(folder: string, out: string, card: string): Promise<void> {
  await expectNewFolder(out);
  const model = await openFolder(folder);
  try {
    await writeFolder(out, async (draft) => {
      await writeSafetensors(join(draft, TOKENIZER_FILE), halved(model.tokenizer.file));
      if (model.transformer !== null)
        await writeSafetensors(join(draft, TRANSFORMER_FILE), halved(model.transformer.file));
      await writeFileAtomic(join(draft, CARD_FILE), card);
      await writeFileAtomic(join(draft, CONFIG_FILE), formatModelConfig({ ...model.config, dtype: "float16" }));
    });
  } finally {
    await model.close();
  }
}

function halved(file: TensorFile): [string, TensorSource][] {
  return [...file.tensors.values()].map((entry) => {
    if (entry.dtype !== "float32") return [entry.name, entry];
    const byteLength = entry.byteLength / 2;
    const read = async (): Promise<Uint8Array> => {
      const half = float32ToFloat16(toFloat32(await entry.read(), entry.dtype));
      return new Uint8Array(half.buffer, half.byteOffset, half.byteLength);
    };
    return [entry.name, { dtype: "float16", shape: entry.shape, byteLength, read }];
  });
}
