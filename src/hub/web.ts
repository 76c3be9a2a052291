/** The browser face: model folders of the hub, kept in Cache Storage, their hashes checked. */
import { concatArrays } from "../files/web.ts";
import { download, type FetchedFolder, type FetchFolderOptions, fetchFolder } from "../pretrained/web.ts";
import { knownModel } from "./catalogue.ts";
import { answerError, HubError } from "./error.ts";
import type { HubReference } from "./reference.ts";

export * from "./index.ts";

export interface HubFolderOptions extends FetchFolderOptions {
  /** Address of the hub; `https://huggingface.co` by default. */
  readonly endpoint?: string | undefined;
}

const CACHE = "flexvar-hub";

interface PathInfo {
  readonly path: string;
  readonly size: number;
  readonly oid: string;
  readonly lfs?: { readonly oid: string; readonly size: number };
}

/** @throws HubError for a released checkpoint, which no browser should read */
export function refuseCheckpoint(name: string): void {
  if (knownModel(name) === undefined) return;
  throw new HubError(
    name,
    "a model folder",
    `a released checkpoint of a gigabyte and more, which a browser does not read; flexvar pull ${name} makes a folder that a server can offer`,
  );
}

/**
 * Fetches a model folder of the hub. Files whose hash was right are kept in Cache Storage under the commit's address, where the page has one.
 * @throws HubError naming the file, what was expected and what was got; the signal's reason when aborted
 */
export async function fetchHubFolder(at: HubReference, options: HubFolderOptions = {}): Promise<FetchedFolder> {
  const {
    endpoint = "https://huggingface.co",
    fetch = (address, init) => globalThis.fetch(address, init),
    signal = new AbortController().signal,
    onProgress,
  } = options;
  const ask = async (where: string, path: string, init: RequestInit = {}): Promise<unknown> => {
    const response = await fetch(`${endpoint}/api/models/${at.repo}/${path}`, { ...init, signal });
    if (!response.ok) throw answerError(where, response.status, response.headers.get("x-error-code"), endpoint);
    return response.json();
  };
  const revision = encodeURIComponent(at.revision);
  const { sha } = (await ask(`${at.repo}@${at.revision}`, `revision/${revision}`)) as { sha: string };
  const folder = `${endpoint}/${at.repo}/resolve/${sha}/${at.folder === "" ? "" : `${at.folder}/`}`;
  const cache = await globalThis.caches?.open(CACHE).catch(() => undefined);

  let failure: unknown;
  const get: FetchFolderOptions["fetch"] = (address) =>
    checked(address).catch((error: unknown) => {
      failure ??= error;
      throw error;
    });
  const checked = async (address: string): Promise<Response> => {
    const kept = await cache?.match(address);
    if (kept !== undefined) return kept;
    const path = decodeURIComponent(address.slice(`${endpoint}/${at.repo}/resolve/${sha}/`.length));
    const where = `${at.repo}/${path}`;
    const [info] = (await ask(where, `paths-info/${sha}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ paths: [path] }),
    })) as PathInfo[];
    if (info === undefined) throw new HubError(where, "a file that is there", "none at this revision");
    const bytes = await download(address, path.split("/").at(-1)!, {
      fetch,
      signal,
      ...(onProgress && { onProgress }),
    });
    await expectHash(where, bytes, info);
    const answer = new Response(bytes as Uint8Array<ArrayBuffer>, {
      headers: { "Content-Length": String(bytes.length) },
    });
    // A full or forbidden store keeps nothing, and the model is drawn with all the same.
    await cache?.put(address, answer.clone()).catch(() => undefined);
    return answer;
  };
  return fetchFolder(folder, { fetch: get, signal }).catch((error: unknown) => {
    throw failure instanceof HubError ? failure : error;
  });
}

async function expectHash(where: string, bytes: Uint8Array, { oid, lfs }: PathInfo): Promise<void> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined)
    throw new HubError(
      where,
      "a page over https or on localhost, where its hash can be checked",
      "a page over plain http",
    );
  const header = new TextEncoder().encode(`blob ${bytes.length}\0`);
  const [name, hashed, expected] =
    lfs === undefined
      ? (["SHA-1", concatArrays(Uint8Array, [header, bytes]), oid] as const)
      : (["SHA-256", bytes, lfs.oid] as const);
  const digest = new Uint8Array(await subtle.digest(name, hashed as Uint8Array<ArrayBuffer>));
  const found = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== expected) throw new HubError(where, `${name} ${expected}`, found);
}
