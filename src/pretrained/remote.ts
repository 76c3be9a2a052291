import { bytesSource, openSafetensors, type TensorFile } from "../checkpoint/index.ts";
import { type ModelConfig, parseModelConfig } from "./config.ts";
import { type DownloadProgress, download, type Fetch } from "./download.ts";
import { CONFIG_FILE, TOKENIZER_FILE, TRANSFORMER_FILE } from "./names.ts";
import { tokenizerWeights, transformerWeights, type WeightFile } from "./weights.ts";

export interface FetchFolderOptions {
  /** What asks for the files; the platform's own `fetch` by default. */
  readonly fetch?: Fetch | undefined;
  /** Stops the downloads: `fetchFolder` throws its reason. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** A downloaded model folder: every tensor checked, the files' bytes in memory. */
export interface FetchedFolder {
  readonly config: ModelConfig;
  readonly tokenizer: WeightFile;
  readonly transformer: WeightFile | null;
}

/**
 * Downloads a model folder; both weight files side by side.
 * @param folder address of the folder; a relative one counts from the page.
 * @throws Error naming the file, what was expected and what was found; the signal's reason when aborted.
 */
export async function fetchFolder(
  folder: string | URL,
  { fetch = (address, init) => globalThis.fetch(address, init), signal, onProgress }: FetchFolderOptions = {},
): Promise<FetchedFolder> {
  const failed = new AbortController();
  const options = {
    fetch,
    signal: signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]),
    ...(onProgress === undefined ? {} : { onProgress }),
  };
  const addressOf = (file: string): string => addressIn(folder, file);
  const get = (file: string): Promise<Uint8Array> => download(addressOf(file), file, options);
  const open = async (file: string, check: (tensors: TensorFile, where: string) => WeightFile): Promise<WeightFile> => {
    const where = addressOf(file);
    return check(await openSafetensors(bytesSource(await get(file), where)), where);
  };

  const config = parseModelConfig(await get(CONFIG_FILE), addressOf(CONFIG_FILE));
  const { tokenizer, transformer } = config;
  try {
    const [first, second] = await Promise.all([
      open(TOKENIZER_FILE, (file, where) => tokenizerWeights(file, tokenizer, where)),
      transformer && open(TRANSFORMER_FILE, (file, where) => transformerWeights(file, transformer, where)),
    ]);
    return { config, tokenizer: first, transformer: second };
  } catch (error) {
    failed.abort(error);
    throw error;
  }
}

/** Address of a file of a folder; a relative folder counts from the page. */
export function addressIn(folder: string | URL, file: string): string {
  const base = typeof document === "undefined" ? globalThis.location?.href : document.baseURI;
  const address = new URL(folder, base);
  if (!address.pathname.endsWith("/")) address.pathname += "/";
  const found = new URL(file, address);
  found.search = address.search;
  return found.href;
}
