/** What went wrong with a server, in words that say what to do. */
import { ApiRequestError } from "flexvar/client";
import { TokenError } from "./token.ts";

const UNREACHABLE =
  "The server does not answer. Perhaps it was stopped; the studio goes on asking, and your gallery is safe on this device.";

const LOST =
  "The server stopped answering while it worked on this, and what was not finished is lost. Your gallery is safe on this device.";

const BY_CODE: Readonly<Record<string, string>> = {
  queue_full: "The server has too much to do just now: its queue is full. Try again in a moment.",
  server_stopping: "The server is being stopped and gave this back unfinished. Try again once it runs.",
  timeout: "The server took too long and gave up. Fewer pictures or a smaller size may help.",
  server_fault: "The server could not carry this out, through a fault of its own. Its log may say more.",
};

/** A server that does not let the studio in. @param token the one that was given. */
export function refusedToken(token: string | undefined, cause?: unknown): TokenError {
  const words =
    token === undefined
      ? "This server asks for a token before it works."
      : "The server does not accept this token. Perhaps it was mistyped, or the server was started anew with another.";
  return new TokenError(words, { cause });
}

/** A failed request as an error in words. `begun`: the server had taken the work on. */
export function inWords(error: unknown, begun: boolean, token: string | undefined): Error {
  if (error instanceof TokenError) return error;
  if (!(error instanceof ApiRequestError)) return new Error(begun ? LOST : UNREACHABLE, { cause: error });
  if (error.status === 401) return refusedToken(token, error);
  return new Error(BY_CODE[error.code ?? ""] ?? error.message, { cause: error });
}

/** Whether nobody answered, as against an answer that refuses. */
export const isSilence = (error: unknown): boolean => !(error instanceof ApiRequestError);
