/** Refusals in the form that OpenAI's clients read. */
import type { ErrorBody } from "../client/index.ts";
import { OptionError } from "../errors/index.ts";
import { httpName } from "../options/index.ts";

interface ErrorDetails {
  readonly param?: string | undefined;
  readonly code?: string | undefined;
  /** Seconds after which to try again. */
  readonly retryAfter?: number | undefined;
  /** Methods that the path has. */
  readonly allow?: string | undefined;
  /** What went wrong underneath, for the log alone. */
  readonly cause?: unknown;
}

/** A refusal with its HTTP status. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly param: string | null;
  readonly code: string | null;
  readonly retryAfter: number | undefined;
  readonly allow: string | undefined;

  constructor(
    readonly status: number,
    message: string,
    { param, code, retryAfter, allow, cause }: ErrorDetails = {},
  ) {
    super(message, { cause });
    this.param = param ?? null;
    this.code = code ?? null;
    this.retryAfter = retryAfter;
    this.allow = allow;
  }

  /** @param requestId what the log and the header call the request, where there is one */
  body(requestId?: string): ErrorBody {
    const { message, param, code } = this;
    const id = requestId === undefined ? {} : { request_id: requestId };
    return { error: { message, type: typeOf(this.status), param, code, ...id } };
  }
}

function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

/** A field whose value cannot be used. @param words what was expected and got, as in `expected text, got a file` */
export const invalid = (param: string, words: string, where = param.slice(0, 80)): ApiError =>
  new ApiError(400, `${where}: ${words}`, { param, code: "invalid_value" });

/** Any error as a refusal; what is no request's fault becomes 500 without its words, which may name files. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (!(error instanceof OptionError))
    return new ApiError(500, "server: expected to carry the request out, got a fault of the server", {
      code: "server_fault",
      cause: error,
    });
  const [option = "", ...part] = error.parameter.split(".");
  const param = httpName(option);
  return invalid(param, error.words, [param, ...part].join("."));
}

/** Too much waits. @param retryAfter seconds */
export const queueFull = (retryAfter: number): ApiError =>
  new ApiError(429, "queue: expected room for a job, got a full queue; try again later", {
    code: "queue_full",
    retryAfter,
  });

/** A job's time is over. @param jobMs what it had, in ms */
export const tooLate = (jobMs: number): ApiError =>
  new ApiError(504, `job: expected to end within ${jobMs / 1000} s, got more`, { code: "timeout" });

/** Who waits for a job that was cancelled is told so. */
export const cancelled = (): ApiError =>
  new ApiError(409, "job: expected to be finished, got cancelled", { code: "job_cancelled" });

/** The answer while a server stops. */
export function stopped(): ApiError {
  return new ApiError(503, "server: expected to be running, got a stop; hand the request in again", {
    code: "server_stopping",
    retryAfter: 5,
  });
}
