/** Opening models in browsers. */
import { OptionError } from "./errors/index.ts";
import { createNetworks, FlexVARPipeline } from "./pipelines/index.ts";
import { type DownloadProgress, type Fetch, fetchFolder, loadWeights } from "./pretrained/web.ts";
import type { Runtime, Weights } from "./runtime/index.ts";
import { type WebRuntimeOptions, webRuntime } from "./runtime/web.ts";

/** What is being done, and for a download how many bytes of `file` have come. */
export interface WebProgress extends Partial<DownloadProgress> {
  readonly message: string;
}

export interface FromPretrainedOptions extends WebRuntimeOptions {
  /** What the networks compute in. fp32 is what this build has; weights stored in half precision are widened. */
  readonly dtype?: string | undefined;
  readonly onProgress?: ((event: WebProgress) => void) | undefined;
  /** Stops the opening: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** What asks for the model's files, for caches and credentials of your own; the platform's `fetch` by default. */
  readonly fetch?: Fetch | undefined;
  /** An opened runtime to compute on; `device`, `threads`, `wasmPaths` and `logSeverity` then do not count. */
  readonly runtime?: Runtime | undefined;
}

/** Models by address. */
export const FlexVAR = {
  /**
   * Downloads and opens a model folder (`config.json`, `tokenizer.safetensors`, `transformer.safetensors`).
   * Weights stay in memory once as float32, and once more inside every opened session that uses them.
   * @param folder address of the folder; a relative one counts from the page.
   * @throws Error naming the file or option, what was expected and what was found; the signal's reason when aborted.
   */
  async fromPretrained(folder: string | URL, options: FromPretrainedOptions = {}): Promise<FlexVARPipeline> {
    const { dtype = "fp32", onProgress = () => {}, signal, fetch } = options;
    if (dtype !== "fp32") throw new OptionError("dtype", "fp32 (what this build computes in)", dtype);
    const runtime = options.runtime ?? (await webRuntime(options));
    onProgress({ message: `opening ${folder}` });
    const model = await fetchFolder(folder, {
      fetch,
      signal,
      onProgress: (progress) => onProgress({ message: `downloading ${progress.file}`, ...progress }),
    });
    const weights: Weights = new Map([
      ...(await loadWeights(model.tokenizer, false)),
      ...(model.transformer === null ? [] : await loadWeights(model.transformer, false)),
    ]);
    signal?.throwIfAborted();
    const { tokenizer, transformer } = model.config;
    return new FlexVARPipeline(model.config, createNetworks(runtime, { tokenizer, transformer }, weights));
  },
};

export type FlexVAR = FlexVARPipeline;
