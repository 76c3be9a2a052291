/** The bucket and the objects of runs that train together. */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeStream } from "node:stream/web";
import type { KV } from "@nats-io/kv";
import type { ObjectStore } from "@nats-io/obj";
import { FileWriteError, writeErrorMessage } from "../../files/index.ts";
import type { Cluster } from "../connect.ts";
import { faultCode, persist } from "../retry.ts";
import { TRAIN_BUCKET } from "./layout.ts";

export interface TrainingStore {
  readonly values: KV;
  readonly objects: ObjectStore;
  /** Folder for what is on its way. */
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
  /** Removes the folder. */
  close(): Promise<void>;
}

/**
 * Makes what is not there yet.
 * @param outDir where files on their way may lie
 * @param signal aborted: what a server that is away keeps waiting is given up
 */
export async function openTrainingStore(
  { connection }: Pick<Cluster, "connection">,
  outDir: string,
  { replicas = 1, signal }: { readonly replicas?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<TrainingStore> {
  const [{ Kvm }, { Objm }] = await Promise.all([import("@nats-io/kv"), import("@nats-io/obj")]);
  const values = await new Kvm(connection).create(TRAIN_BUCKET, { replicas, history: 1, allow_direct: false });
  const objects = await new Objm(connection).create(TRAIN_BUCKET, { replicas });
  await removeStale(outDir);
  const folder = await mkdtemp(join(outDir, FOLDER));
  return { values, objects, folder, signal, close: () => rm(folder, { recursive: true, force: true }) };
}

const FOLDER = ".rounds-";
const STALE_MS = 24 * 3600 * 1000;

/** Removes what killed processes left, by its age: others may share the folder. */
async function removeStale(outDir: string): Promise<void> {
  for (const name of await readdir(outDir)) {
    if (!name.startsWith(FOLDER)) continue;
    const path = join(outDir, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > STALE_MS) await rm(path, { recursive: true, force: true });
  }
}

/** How long the server is still waited for after the signal, in ms. */
const PARTING_MS = 2000;

/** Carries out what may be done twice until it is done, or the signal is aborted and the server away. */
async function until<T>({ signal }: TrainingStore, work: () => Promise<T>): Promise<T> {
  if (signal === undefined) return persist(work);
  let timer: NodeJS.Timeout | undefined;
  let part: () => void = () => undefined;
  const parted = new Promise<never>((_, reject) => {
    part = () => {
      timer = setTimeout(() => reject(signal.reason), PARTING_MS);
    };
  });
  if (signal.aborted) part();
  else signal.addEventListener("abort", part, { once: true });
  try {
    return await Promise.race([persist(work), parted]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", part);
  }
}

/** A value and the number of its writing. */
export interface Entry<T> {
  readonly value: T;
  readonly revision: number;
}

export async function readEntry<T>(
  store: TrainingStore,
  key: string,
  read: (bytes: Uint8Array) => T,
): Promise<Entry<T> | undefined> {
  const entry = await until(store, () => store.values.get(key));
  if (entry === null || entry.operation !== "PUT") return undefined;
  return { value: read(entry.value), revision: entry.revision };
}

/** JetStream's number for a value that somebody else has written since. */
const OTHER_REVISION = 10071;

/**
 * Writes a value in the place of the one with that revision, or as the first where that is undefined. Values must differ from
 * writing to writing, so that one whose confirmation was lost is known again.
 * @returns its revision; undefined where somebody else wrote first
 */
export async function replaceEntry(
  store: TrainingStore,
  key: string,
  value: object,
  revision: number | undefined,
): Promise<number | undefined> {
  const { values } = store;
  const text = JSON.stringify(value);
  try {
    return await until(store, () =>
      revision === undefined ? values.create(key, text) : values.update(key, text, revision),
    );
  } catch (error) {
    if (faultCode(error) !== OTHER_REVISION) throw error;
    const now = await until(store, () => values.get(key));
    return now !== null && now.operation === "PUT" && now.string() === text ? now.revision : undefined;
  }
}

/** Puts a file away under a name. */
export async function putObject(store: TrainingStore, name: string, path: string): Promise<void> {
  await until(store, () =>
    store.objects.put({ name }, Readable.toWeb(createReadStream(path)) as unknown as ReadableStream<Uint8Array>),
  );
}

/**
 * Fetches an object into a file.
 * @returns false where there is none of the name (any more)
 * @throws FileWriteError for a file that cannot be written
 */
export async function getObject(store: TrainingStore, name: string, path: string): Promise<boolean> {
  const got = await until(store, async () => {
    const found = await store.objects.get(name);
    if (found === null) return false;
    try {
      await pipeline(Readable.fromWeb(found.data as unknown as NodeStream), createWriteStream(path));
    } catch (error) {
      // A full disk is not the server's fault: another try would not change it.
      if (typeof (error as NodeJS.ErrnoException).syscall === "string") return { error };
      throw error;
    }
    const problem = await found.error;
    if (problem) throw problem;
    return true;
  });
  if (typeof got === "object") throw new FileWriteError(writeErrorMessage(path, got.error), { cause: got.error });
  return got;
}

/** Removes objects; those that are gone already are. */
export async function dropObjects({ objects }: TrainingStore, names: readonly (string | null)[]): Promise<void> {
  for (const name of names) if (name !== null) await objects.delete(name).catch(() => undefined);
}

/** Removes all objects whose names begin so. */
export async function dropObjectsOf(store: TrainingStore, start: string): Promise<void> {
  const all = await until(store, () => store.objects.list());
  await dropObjects(
    store,
    all.filter(({ name, deleted }) => !deleted && name.startsWith(start)).map(({ name }) => name),
  );
}
