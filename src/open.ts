/** Opening models in Node. */

import { existsSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { OptionError } from "./errors/index.ts";
import { namesHubModel } from "./hub/index.ts";
import type { HubProgress } from "./hub/node.ts";
import { createNetworks, FlexVARPipeline } from "./pipelines/index.ts";
import { CONFIG_FILE, computesInIntegers, loadWeights } from "./pretrained/index.ts";
import { openFolder } from "./pretrained/node.ts";
import type { Weights } from "./runtime/index.ts";
import { nodeRuntime } from "./runtime/node.ts";

export interface FromPretrainedOptions {
  /** `cpu` (default) or `webgpu`. */
  readonly device?: string | undefined;
  /**
   * What the networks compute in: `fp32`, to which half precision is widened, or `int8`, the transformer's products in integers. By
   * default as the weights are stored.
   */
  readonly dtype?: string | undefined;
  /** Threads of one operator; all cores by default. */
  readonly threads?: number | undefined;
  /**
   * Keeps either the transformer or the tokenizer in memory, not both: the peak is the transformer's weights and little
   * more. Costs a re-opening (a mapping of the file) at every change between sampling and decoding.
   */
  readonly lowMemory?: boolean | undefined;
  /**
   * Whether weights are re-packed on opening: a slower opening and more memory for faster steps of few tokens. Unless
   * told, models up to 256 MB are, larger ones are used where they lie in the mapped file.
   */
  readonly prepack?: boolean | undefined;
  /** What is being done, and for a download how many bytes of `file` have come. */
  readonly onProgress?: ((event: { readonly message: string } & Partial<HubProgress>) => void) | undefined;
  /** Whether a model of the hub must be in the cache already; else it is downloaded. `HF_HUB_OFFLINE` says the same. */
  readonly offline?: boolean | undefined;
  /** Stops a download: it throws the signal's reason, and a later call goes on where it stopped. */
  readonly signal?: AbortSignal | undefined;
}

/** Larger models open at once and take no second copy of their weights. */
const PREPACKED_BYTES = 256 * 2 ** 20;

function totalBytes(weights: Weights): number {
  let bytes = 0;
  for (const data of weights.values()) bytes += data.kind === "file" ? data.length : data.data.byteLength;
  return bytes;
}

/** Mapping weights needs a folder that can be written to while a session opens; elsewhere they are read. */
function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** The folder of a model: itself, or that of a name of the hub, downloaded where it is not here. */
async function folderOf(named: string, { onProgress, offline, signal }: FromPretrainedOptions): Promise<string> {
  if (existsSync(join(named, CONFIG_FILE)) || !namesHubModel(named)) return named;
  // Loaded when needed: most models are folders.
  const { ensureModel, hubPlaces } = await import("./hub/node.ts");
  return ensureModel(named, {
    ...hubPlaces(offline),
    signal,
    onMessage: (message) => onProgress?.({ message }),
    onProgress: (progress) => onProgress?.({ message: `downloading ${progress.file}`, ...progress }),
  });
}

/** Models by folder or name. */
export const FlexVAR = {
  /**
   * Opens a model: a folder (`config.json`, `tokenizer.safetensors`, `transformer.safetensors`), released weights by name
   * (`flexvar-d16`), or a model folder on the hub (`user/repo[@revision][:folder]`). What is not here yet is downloaded into the cache of
   * `huggingface_hub`; every file's hash is checked.
   * @throws Error naming the file or option, what was expected and what was found.
   */
  async fromPretrained(named: string, options: FromPretrainedOptions = {}): Promise<FlexVARPipeline> {
    const { device, dtype, threads, lowMemory = false, prepack, onProgress = () => {} } = options;
    const runtime = nodeRuntime({
      ...(device === undefined ? {} : { device }),
      ...(threads === undefined ? {} : { threads }),
    });
    if (lowMemory && runtime.provider !== "cpu") throw new OptionError("lowMemory", "the device cpu", runtime.provider);
    const folder = await folderOf(named, options);
    onProgress({ message: `opening ${folder}` });
    const model = await openFolder(folder);
    try {
      const inIntegers = computesInIntegers(dtype, model.config, runtime.provider);
      const map = runtime.provider === "cpu" && (await isWritable(folder));
      const weights: Weights = new Map([
        ...(await loadWeights(model.tokenizer, map)),
        ...(model.transformer === null ? [] : await loadWeights(model.transformer, map, inIntegers)),
      ]);
      const { tokenizer, transformer } = model.config;
      const networks = createNetworks(runtime, { tokenizer, transformer }, weights, {
        prepack: prepack ?? (!lowMemory && totalBytes(weights) <= PREPACKED_BYTES),
        oneAtATime: lowMemory,
      });
      return new FlexVARPipeline(model.config, networks);
    } finally {
      await model.close();
    }
  },
};

export type FlexVAR = FlexVARPipeline;
