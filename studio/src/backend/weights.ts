/** Downloads that are checked by hash and kept: the model's files in Cache Storage, so that they come once. */
import type { SiteFile } from "flexvar/client";

/** Cache Storage's name for weights. The service worker leaves it alone. */
const WEIGHTS_CACHE = "flexvar-weights-1";

/** Told of every piece that comes over the network. */
type OnBytes = (count: number) => void;

/** Whether every file is kept already. */
export async function allKept(folder: string, files: readonly SiteFile[]): Promise<boolean> {
  const cache = await openCache();
  if (cache === undefined) return false;
  const found = await Promise.all(files.map((file) => cache.match(keyOf(folder, file))));
  return found.every((one) => one !== undefined);
}

/**
 * The bytes of a file, from this device where it is kept, else downloaded, checked and kept.
 * @throws Error naming the file, what was expected and what came.
 */
export async function checkedFile(folder: string, file: SiteFile, onBytes: OnBytes): Promise<Uint8Array<ArrayBuffer>> {
  const cache = await openCache();
  const key = keyOf(folder, file);
  const kept = await cache?.match(key);
  if (kept !== undefined) {
    const bytes = new Uint8Array(await kept.arrayBuffer());
    if ((await mismatch(bytes, file)) === undefined) {
      onBytes(bytes.length);
      return bytes;
    }
    await cache?.delete(key);
  }
  const address = folder + file.file;
  const bytes = await download(address, address, file.bytes, onBytes, { cache: "no-cache" });
  const problem = await mismatch(bytes, file);
  if (problem !== undefined) throw new Error(`${file.file}: ${problem}; it was cut short or changed on its way`);
  // A full disk must not stop the drawing: the file is then downloaded again next time.
  await cache
    ?.put(key, new Response(bytes, { headers: { "Content-Length": `${bytes.length}` } }))
    .catch(() => undefined);
  return bytes;
}

/** Brings a runtime file into the browser's own cache, where ONNX Runtime finds it. @throws Error naming the file. */
export async function fetchRuntime(folder: string, { file, bytes }: SiteFile, onBytes: OnBytes): Promise<void> {
  await download(folder + file, file, bytes, onBytes);
}

/** Removes what an earlier version of the same folder left behind. */
export async function forgetOthers(folder: string, files: readonly SiteFile[]): Promise<void> {
  const cache = await openCache();
  if (cache === undefined) return;
  const wanted = new Set(files.map((file) => keyOf(folder, file)));
  for (const { url } of await cache.keys()) if (url.startsWith(folder) && !wanted.has(url)) await cache.delete(url);
}

const keyOf = (folder: string, { file, sha256 }: SiteFile): string => `${folder}${file}?sha256=${sha256}`;

/** Pages without a secure address (plain http on a network) have no Cache Storage. */
const openCache = async (): Promise<Cache | undefined> =>
  "caches" in globalThis ? caches.open(WEIGHTS_CACHE).catch(() => undefined) : undefined;

/** @param name as errors call the file. @param expected its bytes. */
async function download(address: string, name: string, expected: number, onBytes: OnBytes, init?: RequestInit) {
  const response = await fetch(address, init).catch((error: unknown) => {
    throw new Error(`${name}: expected an answer, got none; is this device online?`, { cause: error });
  });
  if (!response.ok || response.body === null)
    throw new Error(`${name}: expected a file, got ${response.status} ${response.statusText}`.trimEnd());
  const bytes = new Uint8Array(expected);
  let loaded = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (loaded + value.length > expected) throw new Error(`${name}: expected ${expected} bytes, got more`);
    bytes.set(value, loaded);
    loaded += value.length;
    onBytes(value.length);
  }
  if (loaded !== expected) throw new Error(`${name}: expected ${expected} bytes, got ${loaded}`);
  return bytes;
}

/** What is wrong with the bytes. Hashes are checked where the browser offers them. */
async function mismatch(
  bytes: Uint8Array<ArrayBuffer>,
  { bytes: size, sha256: named }: SiteFile,
): Promise<string | undefined> {
  if (bytes.length !== size) return `expected ${size} bytes, got ${bytes.length}`;
  const hex = (await sha256(bytes)) ?? named;
  return hex === named ? undefined : `expected SHA-256 ${named.slice(0, 12)}…, got ${hex.slice(0, 12)}…`;
}

/** Hex digits; undefined on pages without a secure address (plain http on a network), which cannot hash. */
export async function sha256(content: BufferSource): Promise<string | undefined> {
  if (globalThis.crypto?.subtle === undefined) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
