/**
 * The cache on disk, in the layout of Python's `huggingface_hub`, so that one machine has one cache:
 * `models--USER--REPO/{blobs/DIGEST, refs/REVISION, snapshots/COMMIT/PATH → blob}` and `.locks/`.
 */
import { existsSync } from "node:fs";
import { copyFile, link, lstat, readdir, readFile, readlink, rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { makeFolders, temporaryName, writeFileAtomic } from "../files/index.ts";
import type { HubReference } from "./reference.ts";

/** Folders of one repository in the cache. */
export interface RepoCache {
  readonly root: string;
  readonly blobs: string;
  readonly refs: string;
  readonly snapshots: string;
  readonly locks: string;
}

export function repoCache(cache: string, repo: string): RepoCache {
  const name = `models--${repo.replaceAll("/", "--")}`;
  const root = join(cache, name);
  return {
    root,
    blobs: join(root, "blobs"),
    refs: join(root, "refs"),
    snapshots: join(root, "snapshots"),
    locks: join(cache, ".locks", name),
  };
}

const COMMIT = /^[0-9a-f]{40}$/;

/** The commit that a revision stood at when it was last asked for; undefined where it never was. */
export async function cachedCommit(repo: RepoCache, revision: string): Promise<string | undefined> {
  if (COMMIT.test(revision)) return revision;
  const text = await readFile(join(repo.refs, revision), "utf8").catch(() => "");
  return COMMIT.test(text.trim()) ? text.trim() : undefined;
}

export async function writeRef(repo: RepoCache, revision: string, commit: string): Promise<void> {
  if (revision !== commit) await writeFileAtomic(join(repo.refs, revision), commit);
}

/** The file of a cached revision; undefined unless it is there. */
export async function cachedFile(cache: string, at: HubReference, path: string): Promise<string | undefined> {
  const repo = repoCache(cache, at.repo);
  const commit = await cachedCommit(repo, at.revision);
  const file = commit === undefined ? undefined : join(repo.snapshots, commit, path);
  return file !== undefined && existsSync(file) ? file : undefined;
}

/** Makes a snapshot's file: a relative link to the blob; where the system refuses links, the same file under a second name, or a copy. */
export async function linkBlob(repo: RepoCache, commit: string, path: string, digest: string): Promise<string> {
  const place = join(repo.snapshots, commit, path);
  const blob = join(repo.blobs, digest);
  const target = relative(dirname(place), blob);
  if ((await readlink(place).catch(() => undefined)) === target) return place;
  await makeFolders(dirname(place));
  const draft = join(dirname(place), temporaryName(basename(place), crypto.randomUUID().slice(-12)));
  await symlink(target, draft).catch(() => link(blob, draft).catch(() => copyFile(blob, draft)));
  await rename(draft, place).finally(() => rm(draft, { force: true }));
  return place;
}

/** Every file of every snapshot, with the blob that it leads to (undefined for files that are no links). */
export async function snapshotFiles(repo: RepoCache): Promise<{ readonly path: string; readonly digest?: string }[]> {
  const entries = await readdir(repo.snapshots, { recursive: true }).catch(() => [] as string[]);
  const found: { path: string; digest?: string }[] = [];
  for (const entry of entries.sort()) {
    const path = join(repo.snapshots, entry);
    const info = await lstat(path);
    if (info.isSymbolicLink()) found.push({ path, digest: basename(await readlink(path)) });
    else if (info.isFile()) found.push({ path });
  }
  return found;
}
