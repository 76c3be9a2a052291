/** Work with the server that is tried again while the server is away. */
import { setTimeout as sleep } from "node:timers/promises";

const FIRST_MS = 50;
const LONGEST_MS = 2000;

/** Codes of JetStream that another try does not change: what is full, what is there already, what has another revision. */
const LASTING = new Set([10077, 10023, 10071, 10047, 10122, 10058]);

/** JetStream's own number of a fault, where it has one. */
export const faultCode = (error: unknown): number | undefined => {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  return typeof code === "number" ? code : undefined;
};

/** True where a stream has no room: by its bound of messages or bytes, or by the disk's. */
export const isFull = (error: unknown): boolean => {
  const code = faultCode(error);
  if (code === 10077 || code === 10023 || code === 10047 || code === 10122) return true;
  return /maximum (messages|bytes)|insufficient (storage|resources)|no space/i.test(String((error as Error)?.message));
};

/**
 * Carries something out that may be done twice, again and again until it is done.
 * @param untilMs gives up then, in milliseconds since 1970; never where left out. @throws the last fault, or the first that lasts
 */
export async function persist<T>(work: () => Promise<T>, untilMs = Number.POSITIVE_INFINITY): Promise<T> {
  for (let wait = FIRST_MS; ; wait = Math.min(LONGEST_MS, 2 * wait)) {
    try {
      return await work();
    } catch (error) {
      if (LASTING.has(faultCode(error) ?? -1) || isClosed(error) || Date.now() + wait > untilMs) throw error;
      await sleep(wait);
    }
  }
}

/** The connection was given up by this side: nothing will change that. */
const isClosed = (error: unknown): boolean => (error as Error | undefined)?.name === "ClosedConnectionError";
