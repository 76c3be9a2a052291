/** The server's log: one line a request, and failures with their stacks, told apart by the request's id. */
import type { Context, MiddlewareHandler } from "hono";
import { pino } from "pino";
import type { ApiError } from "./errors.ts";

/** What the server writes its log with: pino, or anything with these two methods. */
export interface ServerLog {
  info(about: object, message: string): void;
  error(about: object, message: string): void;
}

/** Levels of a log, from the one that says most. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A log as lines of JSON on stderr, written at once, so that the last ones before an end are there. */
export const stderrLog = (level: LogLevel): ServerLog =>
  pino({ level, base: null }, pino.destination({ fd: 2, sync: true }));

/** Writes nothing. */
export const noLog: ServerLog = { info() {}, error() {} };

/** The id that {@link https://hono.dev/docs/middleware/builtin/request-id | hono's request-id} gave a request. */
export const requestIdOf = (c: Context): string => c.get("requestId") as string;

/** Writes one line a request once it is answered (of a stream: begun), without what the address asks for. */
export function logRequests(log: ServerLog): MiddlewareHandler {
  return async (c, next) => {
    const start = performance.now();
    await next();
    const { method, path } = c.req;
    const ms = Math.round(performance.now() - start);
    const isStream = c.res.headers.get("content-type")?.startsWith("text/event-stream");
    log.info(
      {
        id: requestIdOf(c),
        method,
        path: path.slice(0, 200),
        status: c.res.status,
        ms,
        ...(isStream && { stream: true }),
      },
      "request",
    );
  };
}

/** Tells failures that are the server's own, each once however many ways it takes. */
export function faultLog(log: ServerLog): (id: string | undefined, error: ApiError) => void {
  const told = new WeakSet<ApiError>();
  return (id, error) => {
    if (error.status < 500 || told.has(error)) return;
    told.add(error);
    // The stack that counts is that of what went wrong, not of its refusal.
    log.error({ id, status: error.status, code: error.code, err: error.cause ?? error }, error.message);
  };
}
