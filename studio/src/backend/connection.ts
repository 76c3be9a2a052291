/** The line to a server: asked after regularly, more seldom the longer it does not answer, found again by itself. */

/** Whether the server answers. `retryAt`: when it is asked next, in milliseconds of `Date.now()`. */
export type Link = { readonly status: "up" } | { readonly status: "down"; readonly retryAt: number };

export interface Connection {
  /** Tells every change, and starts with how things stand. The returned function ends it. */
  watch(listener: (link: Link) => void): () => void;
  /** Asks the server at once; resolves to whether it answers. */
  tryNow(): Promise<boolean>;
}

/** Between questions while all is well. */
export const WATCH_MS = 5000;
/** Waits while the server does not answer: the first, doubled each time up to the longest. */
export const FIRST_WAIT_MS = 500;
export const LONGEST_WAIT_MS = 15_000;
/** A server that takes longer than this to say that it is well is not. */
const ANSWER_MS = 8000;

/** Keeps asking while anyone watches. @param ask rejects where the server is not well. */
export function keepConnection(ask: (signal: AbortSignal) => Promise<void>): Connection {
  const listeners = new Set<(link: Link) => void>();
  let link: Link = { status: "up" };
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: Promise<boolean> | undefined;

  const later = (ms: number): void => {
    clearTimeout(timer);
    if (listeners.size > 0) timer = setTimeout(() => void check(), ms);
  };
  const tell = (next: Link): void => {
    const news = next.status === "down" || link.status === "down";
    link = next;
    if (news) for (const listener of listeners) listener(link);
  };
  const check = (): Promise<boolean> => {
    clearTimeout(timer);
    asking ??= ask(AbortSignal.timeout(ANSWER_MS))
      .then(
        () => {
          failures = 0;
          tell({ status: "up" });
          later(WATCH_MS);
          return true;
        },
        () => {
          const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
          failures++;
          tell({ status: "down", retryAt: Date.now() + wait });
          later(wait);
          return false;
        },
      )
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };
  return {
    watch(listener) {
      listeners.add(listener);
      listener(link);
      if (listeners.size === 1) later(WATCH_MS);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) clearTimeout(timer);
      };
    },
    tryNow: check,
  };
}
