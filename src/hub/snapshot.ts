/** Files of one revision, brought into the cache together. */
import { join } from "node:path";
import { fetchBlob, type HubProgress } from "./blob.ts";
import { cachedCommit, linkBlob, repoCache, writeRef } from "./cache.ts";
import { type HubClient, hubClient } from "./client.ts";
import { HubError } from "./error.ts";
import { formatHubReference, type HubReference } from "./reference.ts";
import type { HubSettings } from "./settings.ts";

/** What a download would bring. */
export interface DownloadPlan {
  /** As the user named it. */
  readonly name: string;
  readonly repos: readonly string[];
  /** Bytes of all files; those that are in the cache already count too. */
  readonly bytes: number;
  /** Licences that the repositories' cards state; "none stated" where one states none. */
  readonly licences: readonly string[];
}

export interface PullOptions {
  readonly settings: HubSettings;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: HubProgress) => void) | undefined;
  /** Asked before anything large is downloaded; throws to refuse. */
  readonly confirm?: ((plan: DownloadPlan) => Promise<void>) | undefined;
}

/** Files wanted of a repository; of each list of paths the first that is there, an optional one may be missing. */
export interface Wanted {
  readonly at: HubReference;
  readonly files: readonly { readonly paths: readonly string[]; readonly optional?: boolean }[];
}

/** A file that has come. */
export interface PulledFile {
  readonly path: string;
  readonly place: string;
  readonly digest: string;
}

/**
 * Brings files of one or more repositories into the cache. Each revision is looked up once, and its commit is what is downloaded, whatever
 * happens to the branch meanwhile. Returns the files in the order asked for; what is optional and missing is left out.
 */
export async function pullFiles(name: string, wanted: readonly Wanted[], options: PullOptions): Promise<PulledFile[]> {
  const { settings, signal, onProgress = () => {}, confirm } = options;
  if (settings.offline)
    throw new HubError(name, "a model in the cache", "none, and the network may not be used (offline)");
  const client = hubClient(settings, signal);
  try {
    const found = [];
    for (const one of wanted) found.push({ at: one.at, ...(await lookUp(client, one)) });
    const bytes = found.flatMap(({ files }) => files).reduce((sum, { size }) => sum + size, 0);
    await confirm?.({
      name,
      repos: found.map(({ at }) => formatHubReference(at)),
      bytes,
      licences: found.map(({ licence }) => licence ?? "none stated"),
    });
    const pulled: PulledFile[] = [];
    for (const { at, commit, files } of found) {
      const cache = repoCache(settings.cache, at.repo);
      for (const file of files) {
        await fetchBlob({ client, cache, repo: at.repo, commit, file, signal, onProgress });
        const place = await linkBlob(cache, commit, file.path, file.digest);
        pulled.push({ path: file.path, place, digest: file.digest });
      }
      await writeRef(cache, at.revision, commit);
    }
    return pulled;
  } finally {
    await client.close();
  }
}

async function lookUp(client: HubClient, { at, files }: Wanted) {
  const { commit, licence } = await client.revision(at.repo, at.revision);
  const inFolder = (path: string): string => (at.folder === "" ? path : `${at.folder}/${path}`);
  const there = new Map(
    (
      await client.files(
        at.repo,
        commit,
        files.flatMap(({ paths }) => paths.map(inFolder)),
      )
    ).map((file) => [file.path, file]),
  );
  const chosen = files.flatMap(({ paths, optional = false }) => {
    const file = paths.map(inFolder).flatMap((path) => there.get(path) ?? [])[0];
    if (file === undefined && !optional)
      throw new HubError(formatHubReference(at), `a file ${paths.map(inFolder).join(" or ")}`, "none of this name");
    return file ?? [];
  });
  return { commit, licence, files: chosen };
}

/** The folder of a cached revision; undefined where the revision was never asked for. */
export async function cachedSnapshot(cache: string, at: HubReference): Promise<string | undefined> {
  const repo = repoCache(cache, at.repo);
  const commit = await cachedCommit(repo, at.revision);
  return commit === undefined ? undefined : join(repo.snapshots, commit, at.folder);
}
