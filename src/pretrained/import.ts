import { readdir, rmdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { openTensorFile, type TensorFile, writeSafetensors } from "../checkpoint/index.ts";
import { FileError } from "../errors/index.ts";
import {
  FileWriteError,
  makeFolders,
  replaceByDraft,
  writeErrorMessage,
  writeFileAtomic,
  writeProblem,
} from "../files/index.ts";
import { TOKENIZER_TENSOR, TRANSFORMER_TENSOR, tokenizerConfigOf, transformerConfigOf } from "../models/index.ts";
import { countParams } from "../nn/index.ts";
import { IMPORTED_DEFAULTS } from "../options/index.ts";
import {
  CARD_FILE,
  CONFIG_FILE,
  checkModelConfig,
  formatModelConfig,
  type ModelConfig,
  TOKENIZER_FILE,
  TRANSFORMER_FILE,
} from "./config.ts";
import { tokenizerWeights, transformerWeights, type WeightFile } from "./weights.ts";

/** Side of the released models' largest trained grid. */
const RELEASED_SIDE = 16;

export interface ImportRequest {
  /** Tokenizer checkpoint: `.pth` (zip form), safetensors, or the index of a sharded one. */
  readonly tokenizer: string;
  /** Transformer checkpoint; left out, the folder holds a tokenizer alone. */
  readonly transformer?: string | undefined;
  /** Folder to make; must not exist or be empty. */
  readonly out: string;
  /** Names of the classes by id. */
  readonly labels?: readonly string[] | undefined;
  /** Side of the largest grid the model was trained on; 16 by default. */
  readonly trainedSide?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((message: string) => void) | undefined;
}

export interface ImportSummary {
  readonly out: string;
  readonly config: ModelConfig;
  readonly tokenizerParams: number;
  readonly transformerParams: number | null;
  /** What was chosen in the files, and what in them could not be verified. */
  readonly notes: readonly string[];
}

/**
 * Makes a model folder from released checkpoints: every hyper-parameter is read off the shapes, every checksum verified,
 * the files' element type kept. The folder appears whole or not at all.
 * @throws CheckpointError, Error naming the file, what was expected and what was found.
 */
export async function importModel(request: ImportRequest): Promise<ImportSummary> {
  const { out, signal, onProgress = () => {} } = request;
  await expectNewFolder(out);
  const opened: TensorFile[] = [];
  const notes: string[] = [];
  const openVerified = async (path: string, marker: string): Promise<TensorFile> => {
    onProgress(`checking ${basename(path)}`);
    const file = await openTensorFile(path, [marker]);
    opened.push(file);
    await file.verify();
    for (const note of file.notes) {
      notes.push(`${basename(path)}: ${note}`);
      onProgress(notes.at(-1)!);
    }
    signal?.throwIfAborted();
    return file;
  };
  try {
    const tokenizerFile = await openVerified(request.tokenizer, TOKENIZER_TENSOR);
    const tokenizer = tokenizerConfigOf(request.tokenizer, tokenizerFile.tensors);
    const tokenizerPart = tokenizerWeights(tokenizerFile, tokenizer, request.tokenizer);
    let transformer: ModelConfig["transformer"] = null;
    let transformerPart: WeightFile | undefined;
    if (request.transformer !== undefined) {
      const file = await openVerified(request.transformer, TRANSFORMER_TENSOR);
      transformer = transformerConfigOf(request.transformer, file.tensors);
      transformerPart = transformerWeights(file, transformer, request.transformer);
    }
    const config: ModelConfig = {
      tokenizer,
      transformer,
      trainedSide: request.trainedSide ?? RELEASED_SIDE,
      dtype: storedDType(transformerPart ?? tokenizerPart),
      id2label: request.labels ?? [],
      defaultSampling: IMPORTED_DEFAULTS,
    };
    checkModelConfig(config, request.transformer ?? request.tokenizer);
    await writeFolder(out, async (folder) => {
      onProgress("writing the tokenizer");
      await writeSafetensors(join(folder, TOKENIZER_FILE), tokenizerFile.tensors);
      signal?.throwIfAborted();
      if (transformerPart !== undefined) {
        onProgress("writing the transformer");
        await writeSafetensors(join(folder, TRANSFORMER_FILE), transformerPart.file.tensors);
      }
      signal?.throwIfAborted();
      await writeFileAtomic(join(folder, CARD_FILE), importedCard(config, request));
      await writeFileAtomic(join(folder, CONFIG_FILE), formatModelConfig(config));
    });
    return {
      out,
      config,
      tokenizerParams: countParams(tokenizerPart.decls),
      transformerParams: transformerPart === undefined ? null : countParams(transformerPart.decls),
      notes,
    };
  } finally {
    await Promise.all(opened.map((file) => file.close()));
  }
}

function storedDType({ file, decls }: WeightFile): ModelConfig["dtype"] {
  const { dtype } = file.tensors.get(decls[0]!.name)!;
  return dtype === "float16" || dtype === "bfloat16" ? dtype : "float32";
}

/** Throws unless the folder is missing or empty. */
export async function expectNewFolder(out: string): Promise<void> {
  const entries = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new FileError(out, "a folder to write into", writeProblem(error), { cause: error });
  });
  if (entries.length > 0) throw new FileError(out, "a new or empty folder", `one with ${entries.length} entries`);
}

/** Fills a folder beside the target and renames it into place; removes it on failure. */
export async function writeFolder(out: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const target = resolve(out);
  try {
    await replaceByDraft(target, async (draft) => {
      await makeFolders(draft);
      await fill(draft);
      await rmdir(target).catch(() => undefined);
    });
  } catch (error) {
    if (error instanceof Error && "syscall" in error)
      throw new FileWriteError(writeErrorMessage(out, error), { cause: error });
    throw error;
  }
}

function importedCard({ transformer }: ModelConfig, request: ImportRequest): string {
  const files = [request.tokenizer, ...(request.transformer === undefined ? [] : [request.transformer])];
  const size = transformer === null ? "tokenizer only" : `depth ${transformer.depth}, width ${transformer.width}`;
  return `# Imported FlexVAR model (${size})

Imported from ${files.map((path) => `\`${basename(path)}\``).join(" and ")}. Tensors keep their released names and element type.
The weights keep their authors' licence; this folder adds nothing to them.
`;
}
