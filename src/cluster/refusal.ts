/** What clients are told where the cluster's server is away or full. */
import { ApiError, queueFull } from "../server/index.ts";
import { isFull, persist } from "./retry.ts";

/** Longest that a call waits for a server that is away, in ms. */
export const PATIENCE_MS = 10_000;
/** When to come back, in seconds, where that is not known. */
const RETRY_SECONDS = 5;

/** Any error of the server as a refusal. */
export function refusal(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (isFull(error)) {
    if (/maximum messages/i.test((error as Error).message)) return queueFull(RETRY_SECONDS);
    return new ApiError(503, "cluster: expected room for a job, got a full store; try again later", {
      code: "store_full",
      retryAfter: RETRY_SECONDS,
      cause: error,
    });
  }
  return new ApiError(503, "cluster: expected its server to answer, got none; try again later", {
    code: "cluster_unavailable",
    retryAfter: RETRY_SECONDS,
    cause: error,
  });
}

/** Asks the server what may be asked twice. @throws ApiError 503 where it does not answer */
export const asked = <T>(work: () => Promise<T>): Promise<T> =>
  persist(work, { untilMs: Date.now() + PATIENCE_MS }).catch((error: unknown) => {
    throw refusal(error);
  });
