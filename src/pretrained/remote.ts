/** Model folders by address. */

import { bytesSource, openSafetensors, type TensorFile } from "../checkpoint/index.ts";
import { FileError } from "../errors/index.ts";
import { CONFIG_FILE, type ModelConfig, parseModelConfig, TOKENIZER_FILE, TRANSFORMER_FILE } from "./config.ts";
import { tokenizerWeights, transformerWeights, type WeightFile } from "./weights.ts";

/** One download in bytes: what has come so far, and of how many where the server tells. */
export interface DownloadProgress {
  readonly file: string;
  readonly loaded: number;
  readonly total: number | undefined;
}

export type Fetch = (address: string, init: { signal: AbortSignal }) => Promise<Response>;

interface DownloadOptions {
  readonly fetch: Fetch;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

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

/** Bytes to begin with where the server does not tell how many will come. */
const FIRST_BYTES = 1 << 20;

/**
 * Downloads a file whole, reporting as it comes. @throws Error naming the address for any answer but the file; the signal's
 * reason when aborted.
 */
export async function download(address: string, file: string, options: DownloadOptions): Promise<Uint8Array> {
  const { signal, onProgress = () => {} } = options;
  const response = await ask(address, options);
  const total = announcedBytes(response);
  let bytes = new Uint8Array(total ?? FIRST_BYTES);
  let loaded = 0;
  onProgress({ file, loaded, total });
  const reader = response.body!.getReader();
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read().catch((error: unknown) => {
        signal.throwIfAborted();
        throw new FileError(address, `${total ?? "all"} bytes`, `${loaded}: ${reason(error)}`, {
          cause: error,
        });
      });
      if (done) break;
      bytes = withRoom(bytes, loaded + value.length);
      bytes.set(value, loaded);
      loaded += value.length;
      onProgress({ file, loaded, total });
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  if (total !== undefined && loaded !== total) throw new FileError(address, `${total} bytes`, loaded);
  return bytes.subarray(0, loaded);
}

async function ask(address: string, { fetch, signal }: DownloadOptions): Promise<Response> {
  signal.throwIfAborted();
  const response = await fetch(address, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new FileError(address, "an answer", reason(error), { cause: error });
  });
  if (response.ok && response.body !== null) return response;
  throw new FileError(address, "a file", `${response.status} ${response.statusText}`.trimEnd());
}

/** The length of the body; unknown where it travels compressed, since the header then counts the compressed bytes. */
function announcedBytes({ headers }: Response): number | undefined {
  const length = Number(headers.get("content-length") ?? Number.NaN);
  return Number.isSafeInteger(length) && !headers.has("content-encoding") ? length : undefined;
}

function withRoom(bytes: Uint8Array<ArrayBuffer>, needed: number): Uint8Array<ArrayBuffer> {
  if (needed <= bytes.length) return bytes;
  const grown = new Uint8Array(Math.max(needed, bytes.length * 2));
  grown.set(bytes);
  return grown;
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
