/** Opening models in Node. */

import { access, constants } from "node:fs/promises";
import { openRuntime } from "./devices/node.ts";
import { OptionError } from "./errors/index.ts";
import { sizeText } from "./files/index.ts";
import { namesHubModel } from "./hub/index.ts";
import type { HubProgress } from "./hub/node.ts";
import { countParams } from "./nn/index.ts";
import {
  createNetworks,
  FlexVARPipeline,
  LARGE_MODEL_BYTES,
  loadModelWeights,
  weightBytes,
} from "./pipelines/index.ts";
import { computedType, storedType } from "./pretrained/index.ts";
import { modelFolderHere, openFolder } from "./pretrained/node.ts";
import { expectDtype, MOST_WASM_BYTES, type Runtime } from "./runtime/node.ts";

export interface FromPretrainedOptions {
  /** What computes: `auto` (the fastest of this installation that passes its check) or a device by name; `cpu` by default. */
  readonly device?: string | undefined;
  /**
   * What the networks compute in: `fp32`, to which half precision is widened; `fp16`, made for GPUs, where it halves the memory of the weights;
   * `int8`, the transformer's products in integers, on the CPU. By default as the weights are stored: `int8`, else `fp32`.
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

/** The runtime, where it has what low memory takes. @throws OptionError in words. */
function expectMemory(runtime: Runtime, lowMemory: boolean): Runtime {
  if (lowMemory && runtime.provider !== "cpu") throw new OptionError("lowMemory", "the device cpu", runtime.provider);
  return runtime;
}

/** WebAssembly addresses 4 GB. @throws OptionError in words. */
function expectFits({ tokenizer, transformer }: Awaited<ReturnType<typeof openFolder>>): void {
  const bytes = 4 * countParams([...tokenizer.decls, ...(transformer?.decls ?? [])]);
  if (bytes > MOST_WASM_BYTES)
    throw new OptionError(
      "model",
      `at most ${sizeText(MOST_WASM_BYTES)} of weights where WebAssembly computes (its memory ends at 4 GB)`,
      `${sizeText(bytes)}; a platform with a native build of onnxruntime-node opens it`,
    );
}

/** Mapping weights needs a folder that can be written to while a session opens; elsewhere they are read. */
function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** The folder of a model: itself, that of a shipped model's name, or that of a name of the hub, downloaded where it is not here. */
async function folderOf(named: string, { onProgress, offline, signal }: FromPretrainedOptions): Promise<string> {
  const here = modelFolderHere(named);
  if (here !== undefined || !namesHubModel(named)) return here ?? named;
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
   * Opens a model: a folder (`config.json`, `tokenizer.safetensors`, `transformer.safetensors`), a shipped one by name (`emoji`), released
   * weights by name (`flexvar-d16`), or a model folder on the hub (`user/repo[@revision][:folder]`). What is not here yet is downloaded into the cache of
   * `huggingface_hub`; every file's hash is checked.
   * @throws Error naming the file or option, what was expected and what was found.
   */
  async fromPretrained(named: string, options: FromPretrainedOptions = {}): Promise<FlexVARPipeline> {
    const { device, dtype, threads, lowMemory = false, prepack, onProgress = () => {} } = options;
    const onMessage = (message: string): void => onProgress({ message });
    const request = { device, threads, dtype, onMessage };
    // What is named is refused before anything is downloaded; `auto` looks at what the weights are stored in.
    if (dtype !== undefined) expectDtype(dtype);
    const known = device === "auto" ? undefined : expectMemory(await openRuntime(request), lowMemory);
    const folder = await folderOf(named, options);
    onProgress({ message: `opening ${folder}` });
    const model = await openFolder(folder);
    try {
      const type = dtype ?? storedType(model.config);
      const runtime = known ?? expectMemory(await openRuntime({ ...request, dtype: type }), lowMemory);
      const computed = computedType(dtype, model.config, runtime.provider);
      if (runtime.provider === "wasm") expectFits(model);
      const map = runtime.provider === "cpu" && (await isWritable(folder));
      const { tokenizer, transformer } = model.config;
      const weights = await loadModelWeights(model, map, computed);
      const networks = createNetworks(runtime, { tokenizer, transformer }, weights, {
        prepack: prepack ?? (!lowMemory && weightBytes(weights) <= LARGE_MODEL_BYTES),
        oneAtATime: lowMemory,
        dtype: computed,
      });
      return new FlexVARPipeline(model.config, networks);
    } finally {
      await model.close();
    }
  },
};

export type FlexVAR = FlexVARPipeline;
