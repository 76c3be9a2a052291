/** One file of the hub brought into the cache: resumed, checked, whole or not there. */

import { existsSync } from "node:fs";
import { open, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "../errors/index.ts";
import { FileWriteError, makeFolders, sizeText, writeErrorMessage } from "../files/index.ts";
import type { RepoCache } from "./cache.ts";
import { type HubClient, type HubFile, patiently } from "./client.ts";
import { digestName, feedFile, isIntact, startDigest } from "./digest.ts";
import { HubError } from "./error.ts";
import { withFileLock } from "./lock.ts";

/** What is being brought: `loaded` of the file's `total` bytes. */
export interface HubProgress {
  readonly file: string;
  readonly loaded: number;
  readonly total: number;
}

export interface BlobRequest {
  readonly client: HubClient;
  readonly cache: RepoCache;
  readonly repo: string;
  readonly commit: string;
  readonly file: HubFile;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (progress: HubProgress) => void;
}

/** Our own name for what has come so far: other programs keep theirs under another and never go on with ours. */
const partOf = (cache: RepoCache, { digest }: HubFile): string => join(cache.blobs, `${digest}.flexvar-part`);

/** Says that a blob's hash was found right, with size and time of the blob that was looked at. */
const markOf = (cache: RepoCache, { digest }: HubFile): string => join(cache.locks, `${digest}.flexvar-checked`);

/**
 * Brings a file into `blobs/`. Bytes that a killed run left are gone on with; of two runs at once one downloads and the other waits; the
 * name `blobs/DIGEST` is given only after the hash was found right.
 * @throws HubError for a wrong hash or answer; FileWriteError for a full disk; the signal's reason.
 */
export async function fetchBlob(request: BlobRequest): Promise<string> {
  const { cache, file, signal, onProgress } = request;
  const blob = join(cache.blobs, file.digest);
  let told = -1;
  const tell = (loaded: number): void => {
    told = loaded;
    onProgress({ file: file.path, loaded, total: file.size });
  };
  await makeFolders(cache.blobs);
  const isThere = async (): Promise<boolean> => {
    if (existsSync(blob)) return true;
    tell((await stat(partOf(cache, file)).catch(() => undefined))?.size ?? 0);
    return false;
  };
  await withFileLock(join(cache.locks, `${file.digest}.flexvar`), { signal, whileWaiting: isThere }, async (held) => {
    if (await isGoodBlob(request, blob, held)) return;
    await download({ ...request, signal: held }, blob, tell);
    await mark(cache, file, blob);
  });
  if (told < file.size) tell(file.size);
  return blob;
}

/** Whether the blob is there and right; one that is wrong (another program's, a broken disk's) is removed. */
async function isGoodBlob({ cache, file }: BlobRequest, blob: string, signal: AbortSignal): Promise<boolean> {
  if (!existsSync(blob)) return false;
  const seen = await stat(markOf(cache, file)).catch(() => undefined);
  if (seen !== undefined && seen.mtimeMs >= (await stat(blob)).mtimeMs) return true;
  if (await isIntact(blob, file, signal)) {
    await mark(cache, file, blob);
    return true;
  }
  await rm(blob, { force: true });
  return false;
}

const mark = (cache: RepoCache, file: HubFile, blob: string): Promise<void> =>
  writeFile(markOf(cache, file), `${blob}\n`);

async function download(request: BlobRequest, blob: string, tell: (loaded: number) => void): Promise<void> {
  const { cache, repo, file, signal } = request;
  const part = partOf(cache, file);
  for (const isLast of [false, true]) {
    const before = (await stat(part).catch(() => undefined))?.size ?? 0;
    const found = await finishPart(request, part, tell);
    if (found === file.digest) {
      await rename(part, blob);
      return;
    }
    await rm(part, { force: true });
    signal?.throwIfAborted();
    // What was there before may have been wrong: only a file that came whole in one go condemns the hub's answer.
    if (before === 0 || isLast)
      throw new HubError(`${repo}/${file.path}`, `${digestName(file.digest)} ${file.digest}`, `${found} (removed)`);
  }
}

/** Goes on with a part until it has the file's size. Returns its hash. */
async function finishPart(request: BlobRequest, part: string, tell: (loaded: number) => void): Promise<string> {
  const { client, repo, commit, file, signal } = request;
  const hash = startDigest(file);
  const target = await open(part, "a");
  try {
    let loaded = await feedFile(hash, part, signal);
    if (loaded > file.size) return "a longer file";
    await expectSpace(part, file.size - loaded);
    tell(loaded);
    let last = loaded;
    const moved = (): boolean => {
      const did = loaded > last;
      last = loaded;
      return did;
    };
    const attempt = async (): Promise<void> => {
      if (loaded === file.size) return;
      for await (const bytes of await client.read(repo, commit, file, loaded)) {
        signal?.throwIfAborted();
        if (loaded + bytes.length > file.size)
          throw new HubError(`${repo}/${file.path}`, `${file.size} bytes`, "more than that");
        await target.writeFile(bytes).catch((error: unknown) => {
          throw new FileWriteError(writeErrorMessage(part, error), { cause: error });
        });
        hash.update(bytes);
        loaded += bytes.length;
        tell(loaded);
      }
      if (loaded < file.size) throw new FileError(`${repo}/${file.path}`, `${file.size} bytes`, loaded);
    };
    await patiently(signal, attempt, moved);
    await target.sync();
    return hash.digest("hex");
  } finally {
    await target.close();
  }
}

/** @throws FileWriteError unless the disk has room for `bytes` more */
async function expectSpace(path: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  if (free < bytes)
    throw new FileWriteError(`${path}: expected ${sizeText(bytes)} of free disk, got ${sizeText(free)}`);
}
