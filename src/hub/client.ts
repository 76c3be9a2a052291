/** Asking the hub: what a revision is, what its files are, and their bytes from any place on. */

import { setTimeout as sleep } from "node:timers/promises";
import { downloadFile, modelInfo, pathsInfo } from "@huggingface/hub";
import { EnvHttpProxyAgent, fetch as undiciFetch } from "undici";
import { FileError } from "../errors/index.ts";
import type { FileIdentity } from "./digest.ts";
import { answerError, BusyHubError, HubError } from "./error.ts";
import type { HubSettings } from "./settings.ts";

/** A file of a commit. */
export interface HubFile extends FileIdentity {
  readonly path: string;
}

interface HubRevision {
  readonly commit: string;
  /** As the repository's card states it. */
  readonly licence: string | undefined;
}

export interface HubClient {
  revision(repo: string, revision: string): Promise<HubRevision>;
  /** Those of `paths` that are there. */
  files(repo: string, commit: string, paths: readonly string[]): Promise<HubFile[]>;
  /** The bytes of a file from `offset` to its end. */
  read(repo: string, commit: string, file: HubFile, offset: number): Promise<AsyncIterable<Uint8Array>>;
  close(): Promise<void>;
}

/** An answer that does not come, or stops coming, for as long is given up. */
const SILENCE_MS = 60_000;
const TRIES = 5;
const FIRST_PAUSE_MS = 300;

/** Whether asking again may help: a broken connection, a hub that is busy. */
const isPassing = (error: unknown): boolean =>
  error instanceof HubError ? error instanceof BusyHubError : error instanceof Error && error.name !== "AbortError";

/**
 * Carries `attempt` out until it succeeds, with growing pauses after failures that may pass. `moved` tells whether the last attempt
 * came further, in which case the count begins again.
 */
export async function patiently<T>(
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
  moved: () => boolean = () => false,
): Promise<T> {
  for (let failures = 0; ; failures++) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (moved()) failures = 0;
      if (!isPassing(error) || failures + 1 >= TRIES) throw error;
      await sleep(FIRST_PAUSE_MS * 2 ** failures, undefined, signal === undefined ? {} : { signal }).catch(
        () => undefined,
      );
    }
  }
}

/** Proxies are those of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. The token goes to the hub alone, never to where it redirects. */
export function hubClient({ endpoint, token }: HubSettings, signal?: AbortSignal): HubClient {
  const agent = new EnvHttpProxyAgent({ bodyTimeout: SILENCE_MS, headersTimeout: SILENCE_MS });
  const asking = (where: string, keep: { failure?: unknown } = {}): typeof fetch => {
    const ask = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
      const headers = new Headers(init.headers);
      if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
      const request = { ...init, headers: Object.fromEntries(headers), dispatcher: agent, ...(signal && { signal }) };
      const response = (await undiciFetch(String(input), request as Parameters<typeof undiciFetch>[1]).catch(
        (error: unknown) => {
          signal?.throwIfAborted();
          throw new FileError(where, `an answer from ${endpoint}`, causeOf(error), { cause: error });
        },
      )) as unknown as Response;
      if (response.ok && (response.status === 206 || !headers.has("range"))) return response;
      await response.body?.cancel();
      if (response.ok) throw new HubError(where, "a part of the file", "the whole of it; this hub knows no ranges");
      throw answerError(where, response.status, response.headers.get("x-error-code"), endpoint);
    };
    // The library's blobs pass the text of an error on, not the error.
    return ((input, init) =>
      ask(input, init).catch((error: unknown) => {
        keep.failure = error;
        throw error;
      })) as typeof fetch;
  };
  const options = (where: string) => ({ hubUrl: endpoint, fetch: asking(where) });
  return {
    revision: (repo, revision) =>
      patiently(signal, async () => {
        const info = await modelInfo({
          name: repo,
          revision,
          additionalFields: ["sha", "cardData"],
          ...options(`${repo}@${revision}`),
        });
        const { license } = (info.cardData ?? {}) as { license?: unknown };
        if (!/^[0-9a-f]{40}$/.test(info.sha ?? ""))
          throw new HubError(`${repo}@${revision}`, "the hash of a commit", String(info.sha));
        return { commit: info.sha!, licence: license === undefined ? undefined : String(license) };
      }),
    files: (repo, commit, paths) =>
      patiently(signal, async () => {
        const found = await pathsInfo({ repo, revision: commit, paths: [...paths], ...options(repo) });
        return found
          .filter(({ type }) => type === "file")
          .map(({ path, size, oid, lfs }) => identified(`${repo}/${path}`, path, lfs?.size ?? size, lfs?.oid ?? oid));
      }),
    async read(repo, commit, file, offset) {
      const where = `${repo}/${file.path}`;
      const keep: { failure?: unknown } = {};
      const blob = await downloadFile({
        repo,
        revision: commit,
        path: file.path,
        xet: false,
        hubUrl: endpoint,
        fetch: asking(where, keep),
      });
      if (blob === null) throw new HubError(where, "a file that is there", "none at this revision");
      if (blob.size !== file.size)
        throw new HubError(where, `${file.size} bytes`, `${blob.size}; the hub contradicts itself`);
      return bytesOf(offset === 0 ? blob : blob.slice(offset), where, keep);
    },
    close: () => agent.destroy(),
  };
}

/** The path, size and hash that the hub gives, which name files here: nothing else than what they must be is let in. */
function identified(where: string, path: string, size: number, digest: string | undefined): HubFile {
  if (Number.isSafeInteger(size) && size >= 0 && /^([0-9a-f]{64}|[0-9a-f]{40})$/.test(digest ?? ""))
    return { path, size, digest: digest! };
  throw new HubError(where, "a size and a hash", `${size} and ${digest}`);
}

async function* bytesOf(blob: Blob, where: string, keep: { readonly failure?: unknown }): AsyncGenerator<Uint8Array> {
  const reader = blob.stream().getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        if (keep.failure !== undefined) throw keep.failure;
        throw new FileError(where, "more bytes", causeOf(error), { cause: error });
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof AggregateError && cause.errors.length > 0) return causeOf(cause.errors[0]);
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause);
}
