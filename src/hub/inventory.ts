/** What the cache holds of models, and taking it away. */
import { existsSync } from "node:fs";
import { lstat, readdir, readFile, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { CONFIG_FILE } from "../pretrained/index.ts";
import { cachedCommit, type RepoCache, repoCache, snapshotFiles } from "./cache.ts";
import { type KnownModel, knownModel, knownModels } from "./catalogue.ts";
import { importedFolders } from "./models.ts";
import { formatHubReference, parseHubReference } from "./reference.ts";
import type { HubPlaces } from "./settings.ts";

/** A model that is here. */
export interface CachedModel {
  readonly name: string;
  readonly folder: string;
  /** Bytes that it takes on the disk, the checkpoints it was made of included; shared ones count with each. */
  readonly bytes: number;
}

/** The models of the cache: known ones that were imported, and snapshots that hold a flexvar model folder. */
export async function cachedModels({ settings, imported }: HubPlaces): Promise<CachedModel[]> {
  const found: CachedModel[] = [];
  for (const model of knownModels) {
    for (const folder of await importedFolders(imported, model)) {
      const bytes = (await bytesUnder(folder)) + (await bytesOf(await checkpointFiles(settings.cache, model)));
      found.push({ name: model.name, folder, bytes });
    }
  }
  for (const name of (await readdir(settings.cache).catch(() => [])).sort()) {
    const [kind, user, ...repo] = name.split("--");
    if (kind === "models" && repo.length > 0)
      found.push(...(await snapshotModels(settings.cache, `${user}/${repo.join("--")}`)));
  }
  return found;
}

async function snapshotModels(cache: string, repo: string): Promise<CachedModel[]> {
  const places = repoCache(cache, repo);
  const commits = new Map<string, string>();
  for (const revision of await readdir(places.refs, { recursive: true }).catch(() => [] as string[])) {
    const commit = await cachedCommit(places, revision);
    if (commit !== undefined && (await lstat(join(places.refs, revision))).isFile()) commits.set(commit, revision);
  }
  const files = await snapshotFiles(places);
  const found: CachedModel[] = [];
  for (const { path } of files) {
    if (basename(path) !== CONFIG_FILE || !(await isFlexVAR(path))) continue;
    const folder = dirname(path);
    const [commit, ...inside] = relative(places.snapshots, folder).split(sep);
    const at = { repo, revision: commits.get(commit!) ?? commit!, folder: inside.join("/") };
    const own = files.filter((file) => dirname(file.path) === folder).map((file) => file.path);
    found.push({ name: formatHubReference(at), folder, bytes: await bytesOf(own) });
  }
  return found;
}

async function isFlexVAR(path: string): Promise<boolean> {
  const text = await readFile(path, "utf8").catch(() => "");
  return /"model_type"\s*:\s*"flexvar"/.test(text);
}

/**
 * Takes a model away: what was made of it, its files in snapshots, and those blobs that no other file of a snapshot leads to. Returns the
 * bytes that the disk has again; undefined where the model was not here.
 */
export async function removeModel(name: string, { settings, imported }: HubPlaces): Promise<number | undefined> {
  const known = knownModel(name);
  const at = parseHubReference(name);
  if (known !== undefined) {
    const folders = await importedFolders(imported, known);
    const links = await ownCheckpoints(settings.cache, imported, known);
    if (folders.length + links.length === 0) return undefined;
    let freed = 0;
    for (const folder of folders) {
      freed += await bytesUnder(folder);
      await rm(folder, { recursive: true });
    }
    return freed + (await removeFiles(settings.cache, links));
  }
  const model = at && (await cachedModels({ settings, imported })).find((one) => one.name === formatHubReference(at));
  if (at === undefined || model === undefined) return undefined;
  const own = (await readdir(model.folder)).map((file) => ({ repo: at.repo, path: join(model.folder, file) }));
  return removeFiles(settings.cache, own);
}

interface SnapshotFile {
  readonly repo: string;
  readonly path: string;
}

/** Files of snapshots that a known model was made of. */
async function filesOf(cache: string, { tokenizer, transformer }: KnownModel): Promise<SnapshotFile[]> {
  const found: SnapshotFile[] = [];
  for (const { at, paths } of [tokenizer, transformer]) {
    const places = repoCache(cache, at.repo);
    for (const { path } of await snapshotFiles(places)) {
      const [, ...inside] = relative(places.snapshots, path).split(sep);
      if (paths.includes(inside.join("/"))) found.push({ repo: at.repo, path });
    }
  }
  return found;
}

const checkpointFiles = async (cache: string, model: KnownModel): Promise<string[]> =>
  (await filesOf(cache, model)).map(({ path }) => path);

/** The same, without those that another known model which is here was made of too. */
async function ownCheckpoints(cache: string, imported: string, model: KnownModel): Promise<SnapshotFile[]> {
  const shared = new Set<string>();
  for (const other of knownModels) {
    if (other.name === model.name || (await importedFolders(imported, other)).length === 0) continue;
    for (const path of await checkpointFiles(cache, other)) shared.add(path);
  }
  return (await filesOf(cache, model)).filter(({ path }) => !shared.has(path));
}

/** Removes files of snapshots and the blobs that no file leads to any more. Returns the bytes freed. */
async function removeFiles(cache: string, files: readonly SnapshotFile[]): Promise<number> {
  let freed = 0;
  for (const repo of new Set(files.map((file) => file.repo))) {
    const places = repoCache(cache, repo);
    const before = await snapshotFiles(places);
    const going = new Set(files.map(({ path }) => path));
    const kept = new Set(before.filter(({ path }) => !going.has(path)).map(({ digest }) => digest));
    for (const { path, digest } of before) {
      if (!going.has(path)) continue;
      if (digest === undefined) freed += (await stat(path)).size;
      await rm(path);
      if (digest === undefined || kept.has(digest)) continue;
      const blob = join(places.blobs, digest);
      freed += (await stat(blob).catch(() => undefined))?.size ?? 0;
      await rm(blob, { force: true });
      await rm(join(places.locks, `${digest}.flexvar-checked`), { force: true });
      kept.add(digest);
    }
    await removeEmptyFolders(places);
  }
  return freed;
}

/** Snapshots without files go; with the last of them the repository. */
async function removeEmptyFolders({ root, snapshots, locks }: RepoCache): Promise<void> {
  const folders = await readdir(snapshots, { recursive: true }).catch(() => [] as string[]);
  for (const folder of [...folders.sort().reverse(), ""]) await rmdir(join(snapshots, folder)).catch(() => undefined);
  if (existsSync(snapshots)) return;
  await rm(root, { recursive: true, force: true });
  await rm(locks, { recursive: true, force: true });
}

async function bytesOf(paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) bytes += (await stat(path).catch(() => undefined))?.size ?? 0;
  return bytes;
}

/** Bytes of the files of a folder, those that links lead to included. */
export async function bytesUnder(folder: string): Promise<number> {
  return bytesOf((await readdir(folder)).map((name) => join(folder, name)));
}
