import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openSafetensors } from "../checkpoint/index.ts";
import { FileError } from "../errors/index.ts";
import { readProblem } from "../files/index.ts";
import { CONFIG_FILE, type ModelConfig, parseModelConfig, TOKENIZER_FILE, TRANSFORMER_FILE } from "./config.ts";
import { tokenizerWeights, transformerWeights, type WeightFile } from "./weights.ts";

/** An open model folder: config read, every tensor checked, no weights in memory. */
export interface ModelFolder {
  readonly path: string;
  readonly config: ModelConfig;
  readonly tokenizer: WeightFile;
  readonly transformer: WeightFile | null;
  close(): Promise<void>;
}

/** Opens a model folder. @throws Error naming the file, what was expected and what was found. */
export async function openFolder(path: string): Promise<ModelFolder> {
  const configPath = join(path, CONFIG_FILE);
  const text = await readFile(configPath).catch((error: unknown) => {
    throw new FileError(path, `a model folder with ${CONFIG_FILE}`, readProblem(error), {
      cause: error,
    });
  });
  const config = parseModelConfig(text, configPath);
  const tokenizerPath = join(path, TOKENIZER_FILE);
  const tokenizerFile = await openSafetensors(tokenizerPath);
  const close = [() => tokenizerFile.close()];
  try {
    const tokenizer = tokenizerWeights(tokenizerFile, config.tokenizer, tokenizerPath);
    let transformer: WeightFile | null = null;
    if (config.transformer !== null) {
      const transformerPath = join(path, TRANSFORMER_FILE);
      const file = await openSafetensors(transformerPath);
      close.push(() => file.close());
      transformer = transformerWeights(file, config.transformer, transformerPath);
    }
    return {
      path,
      config,
      tokenizer,
      transformer,
      async close() {
        await Promise.all(close.map((one) => one()));
      },
    };
  } catch (error) {
    await Promise.all(close.map((one) => one()));
    throw error;
  }
}
