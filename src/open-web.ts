/** Opening models in browsers. */
import { OptionError } from "./errors/index.ts";
import { fetchHubFolder, parseHubReference, refuseCheckpoint } from "./hub/web.ts";
import { createNetworks, FlexVARPipeline, loadModelWeights } from "./pipelines/index.ts";
import {
  addressIn,
  CONFIG_FILE,
  computedType,
  type DownloadProgress,
  type Fetch,
  type FetchedFolder,
  type FetchFolderOptions,
  fetchFolder,
} from "./pretrained/web.ts";
import type { Runtime } from "./runtime/index.ts";
import { type WebRuntimeOptions, webRuntime } from "./runtime/web.ts";

/** What is being done, and for a download how many bytes of `file` have come. */
export interface WebProgress extends Partial<DownloadProgress> {
  readonly message: string;
}

export interface FromPretrainedOptions extends WebRuntimeOptions {
  /**
   * What the networks compute in: `fp32`, to which half precision is widened, or `int8`, the transformer's products in integers. By
   * default as the weights are stored.
   */
  readonly dtype?: string | undefined;
  readonly onProgress?: ((event: WebProgress) => void) | undefined;
  /** Stops the opening: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** What asks for the model's files, for caches and credentials of your own; the platform's `fetch` by default. */
  readonly fetch?: Fetch | undefined;
  /** Address of the hub for models by name; `https://huggingface.co` by default. */
  readonly hubEndpoint?: string | undefined;
  /** An opened runtime to compute on; `device`, `threads`, `wasmPaths` and `logSeverity` then do not count. */
  readonly runtime?: Runtime | undefined;
}

/** The folder at an address of the page's own, else of that name on the hub, as transformers.js looks them up. */
async function fetchNamed(
  named: string | URL,
  endpoint: string | undefined,
  options: FetchFolderOptions & { readonly fetch: Fetch; readonly signal: AbortSignal },
): Promise<FetchedFolder> {
  if (typeof named === "string") refuseCheckpoint(named);
  const at = typeof named === "string" ? parseHubReference(named) : undefined;
  if (at === undefined || (await isServed(addressIn(named, CONFIG_FILE), options))) return fetchFolder(named, options);
  return fetchHubFolder(at, { ...options, endpoint });
}

/** Whether what was named is the folder at an address, and no name on the hub. */
export async function isModelAt(address: string, named: string, signal: AbortSignal): Promise<boolean> {
  if (parseHubReference(named) === undefined) return true;
  return isServed(addressIn(address, CONFIG_FILE), { fetch: (asked, init) => globalThis.fetch(asked, init), signal });
}

/** Whether there is a file, and not the page that single-page hosts answer everything else with. */
async function isServed(address: string, { fetch, signal }: { fetch: Fetch; signal: AbortSignal }): Promise<boolean> {
  const response = await fetch(address, { signal }).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok === true && !/html/.test(response.headers.get("content-type") ?? "");
}

/** Models by address or name. */
export const FlexVAR = {
  /**
   * Downloads and opens a model folder (`config.json`, `tokenizer.safetensors`, `transformer.safetensors`): at an address, or
   * `user/repo[@revision][:folder]` of the hub, whose files are checked by their hashes and kept in Cache Storage.
   * Weights stay in memory once as float32, and once more inside every opened session that uses them.
   * @param folder address of the folder (a relative one counts from the page), or a name on the hub where nothing lies at it.
   * @throws Error naming the file or option, what was expected and what was found; the signal's reason when aborted.
   */
  async fromPretrained(folder: string | URL, options: FromPretrainedOptions = {}): Promise<FlexVARPipeline> {
    const { dtype, onProgress = () => {}, signal = new AbortController().signal } = options;
    const { fetch = (address, init) => globalThis.fetch(address, init) } = options;
    const runtime = options.runtime ?? (await webRuntime(options));
    onProgress({ message: `opening ${folder}` });
    const model = await fetchNamed(folder, options.hubEndpoint, {
      fetch,
      signal,
      onProgress: (progress) => onProgress({ message: `downloading ${progress.file}`, ...progress }),
    });
    const computed = computedType(dtype, model.config, runtime.provider);
    // Never tried in a browser.
    if (computed === "fp16") throw new OptionError("dtype", "fp32 or int8 in browsers", dtype);
    const weights = await loadModelWeights(model, false, computed);
    signal.throwIfAborted();
    const { tokenizer, transformer } = model.config;
    return new FlexVARPipeline(
      model.config,
      createNetworks(runtime, { tokenizer, transformer }, weights, { dtype: computed }),
    );
  },
};

export type FlexVAR = FlexVARPipeline;
