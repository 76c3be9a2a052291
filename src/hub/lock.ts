/** One process at a time at a file of the cache. */

import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lock } from "proper-lockfile";
import { makeFolders } from "../files/index.ts";

/** A holder that has not been heard of for as long is gone. */
const STALE_MS = 5000;
const ASK_AGAIN_MS = 250;

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called now and then while another process holds the lock; true ends the waiting without the work. */
  readonly whileWaiting?: () => Promise<boolean>;
}

/**
 * Does `work` while no other process does. Returns undefined, without the work, where `whileWaiting` said that it is done.
 * The lock is a folder `PATH.lock` whose time is renewed; after a kill it is taken over.
 */
export async function withFileLock<T>(
  path: string,
  { signal, whileWaiting = async () => false }: LockOptions,
  work: (held: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  await makeFolders(dirname(path));
  const lost = new AbortController();
  const take = () =>
    lock(path, { realpath: false, stale: STALE_MS, update: STALE_MS / 4, onCompromised: (error) => lost.abort(error) });
  for (;;) {
    signal?.throwIfAborted();
    const release = await take().catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ELOCKED") return undefined;
      throw error;
    });
    if (release !== undefined) {
      try {
        return await work(signal === undefined ? lost.signal : AbortSignal.any([signal, lost.signal]));
      } finally {
        await release().catch(() => undefined);
      }
    }
    if (await whileWaiting()) return undefined;
    await sleep(ASK_AGAIN_MS, undefined, signal === undefined ? {} : { signal }).catch(() => signal?.throwIfAborted());
  }
}
