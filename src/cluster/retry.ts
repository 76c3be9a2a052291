/** Work with the server that is tried again while the server is away. */
import { setTimeout as sleep } from "node:timers/promises";
import { isExpected } from "../errors/index.ts";
import { ApiError } from "../server/index.ts";

const FIRST_MS = 50;
const LONGEST_MS = 2000;

/** Codes of JetStream's faults that a store without room has. */
const FULL = [10077, 10023, 10047, 10122];
/** The code of a key that another has changed, or made, meanwhile. */
export const WRONG_REVISION = 10071;
/** Codes that another try does not change: what is full, what is there already, what has another revision. */
const LASTING = new Set([...FULL, WRONG_REVISION, 10058]);

/** JetStream's own number of a fault, where it has one. */
export const faultCode = (error: unknown): number | undefined => {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  return typeof code === "number" ? code : undefined;
};

/** True where a stream has no room: by its bound of messages or bytes, or by the disk's. */
export const isFull = (error: unknown): boolean =>
  FULL.includes(faultCode(error) ?? 0) ||
  /maximum (messages|bytes)|insufficient (storage|resources)|no space/i.test(String((error as Error)?.message));

/** True for faults that another try does not change: refusals, errors that are expected of input, and our own. */
export const isLasting = (error: unknown): boolean =>
  error instanceof ApiError ||
  isExpected(error) ||
  OWN.some((kind) => error instanceof kind) ||
  LASTING.has(faultCode(error) ?? -1);
const OWN = [TypeError, RangeError, ReferenceError];

/** How long to go on. */
export interface Patience {
  /** Gives up then, in milliseconds since 1970; never where left out. */
  readonly untilMs?: number;
  /** Gives up, and waits no more, once it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Which faults another try does not change; {@link isLasting} by default. */
  readonly isLasting?: (error: unknown) => boolean;
  /** Is told of every fault after which there is another try. */
  readonly onFault?: (error: unknown) => void;
}

/** Carries something out that may be done twice, again and again until it is done. @throws the last fault, or the first that lasts */
export async function persist<T>(work: () => Promise<T>, patience: Patience = {}): Promise<T> {
  const { untilMs = Number.POSITIVE_INFINITY, signal, onFault } = patience;
  const lasts = patience.isLasting ?? isLasting;
  for (let wait = FIRST_MS; ; wait = Math.min(LONGEST_MS, 2 * wait)) {
    try {
      return await work();
    } catch (error) {
      if (lasts(error) || isClosed(error) || signal?.aborted || Date.now() + wait > untilMs) throw error;
      onFault?.(error);
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** The connection was given up by this side: nothing will change that. */
const isClosed = (error: unknown): boolean => (error as Error | undefined)?.name === "ClosedConnectionError";
